-- Every stage, every outcome of an attempt, a rejection and a redrive.
begin;
select plan(15);

create temporary table given as select * from tests.create_user() u, lateral tests.register(u, 'one');

-- The job's messages in all queues, and whether the job's row names them.
create function pg_temp.messages() returns text
language sql as $$
  select format('%s %s', tests.message_count(j.job_id), coalesce(j.stage, '-')
                || case when j.message_id is not null and tests.due_at(j.job_id) is null then ' (another)' else '' end)
  from given cross join lateral tests.job(given.job_id) j
$$;
create function pg_temp.lease(p_stage text) returns pipeline_internal.lease
language sql as $$ select tests.reclaim(p_stage, job_id) from given $$;

select is(pg_temp.messages(), '0 -', 'has no message before the bytes arrive');
select tests.store_object(document_id) from given;
select is(pg_temp.messages(), '1 parse', 'has one after the bytes arrived');
create temporary table parse as select pg_temp.lease('parse') as lease;
select is(pg_temp.messages(), '1 parse', 'has one while a worker processes it');
select tests.retry(lease, 'DOWN', 'down') from parse;
select is(pg_temp.messages(), '1 parse', 'has one after a failed attempt');
create temporary table parse_again as select pg_temp.lease('parse') as lease;
create temporary table submission as select s.*
  from parse_again cross join lateral pipeline_internal.begin_submission(lease) s;
select tests.finish_parse(lease, submission_id, 'provider-1') from parse_again, submission;
select is(pg_temp.messages(), '1 fetch_result', 'has one after the submission');
create temporary table collect as select pg_temp.lease('fetch_result') as lease;
select tests.poll_later(lease) from collect;
select is(pg_temp.messages(), '1 fetch_result', 'has one after a poll');
select pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-1', null, 'r');
select is(pg_temp.messages(), '1 fetch_result', 'has one after the webhook');
create temporary table collected as select tests.claim('fetch_result', job_id) as lease from given;
select tests.finish_fetch_result(lease, 'user/x/parsed/y.md', repeat('a', 64), array[0]) from collected;
select is(pg_temp.messages(), '1 chunk', 'has one after the text was stored');
create temporary table chunk as select pg_temp.lease('chunk') as lease;
select tests.reject(lease, 'BAD', 'bad') from chunk;
select is(pg_temp.messages(), '0 -', 'has none after a rejection');
select pipeline_internal.redrive(job_id) from given;
select is(pg_temp.messages(), '1 chunk', 'has one after a redrive');
create temporary table chunk_again as select pg_temp.lease('chunk') as lease;
select tests.finish_chunk(lease, 'markdown-simple', '1', tests.two_chunks()) from chunk_again;
select is(pg_temp.messages(), '1 embed', 'has one after the chunks were stored');
create temporary table embed as select pg_temp.lease('embed') as lease;
select tests.pause(lease, 60, 'RATE_LIMITED', 'slow down') from embed;
select is(pg_temp.messages(), '1 embed', 'has one after a pause');
create temporary table embed_again as select pg_temp.lease('embed') as lease;
select tests.embed(lease, document_id) from embed_again, given;
select is(pg_temp.messages(), '1 embed', 'has one after the vectors were stored');
select tests.finish_embed(lease) from embed_again;
select is(pg_temp.messages(), '0 -', 'has none when it is complete');
select is((tests.job((select job_id from given))).status, 'complete', 'has the status complete');

select * from finish();
rollback;
