-- Every way in which a document moves, each as a transaction of its own: exactly one message, which says what
-- document_status shows then.
begin;
select plan(54);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.register(user_id) j;
create temporary table lease (lease pipeline_internal.lease);
create temporary table failed_run (job_id uuid);

create function pg_temp.check(p_step text) returns setof text
language plpgsql as $$
declare
  v_before int := (select count(*) from ada, tests.messages_to(user_id));
begin
  perform tests.end_transaction();
  return next is(
    (select count(*) from ada, tests.messages_to(user_id)), v_before + 1::bigint, p_step || ': one message');
  return next is(
    (select payload - 'event_no' from ada, tests.messages_to(user_id) order by event_no desc limit 1),
    tests.shown((select document_id from given)), p_step || ': says what document_status shows');
end $$;
create function pg_temp.claim(p_stage text) returns void
language sql as $$
  delete from lease;
  insert into lease select tests.reclaim(p_stage, job_id) from given;
$$;
create function pg_temp.status() returns text
language sql as $$ select concat_ws(' ', j.status, j.state) from given, tests.job(given.job_id) j $$;

select pg_temp.check('registered');
select tests.store_object(document_id) from given;
select pg_temp.check('bytes arrived');
select tests.finish_parse(job_id) from given;
select pg_temp.check('claimed and submitted in one transaction');

select pg_temp.claim('fetch_result');
select is(pg_temp.status(), 'parse_queued working', 'works');
select pg_temp.check('claimed');
select tests.poll_later(lease) from lease;
select pg_temp.check('polled later');
select pg_temp.claim('fetch_result');
select tests.end_transaction();
select tests.retry(lease, 'NETWORK_ERROR', 'the parser did not answer') from lease;
select is(pg_temp.status(), 'parse_queued retryable', 'waits for another attempt');
select pg_temp.check('failed attempt');
select is(
  (select payload #>> '{last_error,code}' from ada, tests.messages_to(user_id) order by event_no desc limit 1),
  'NETWORK_ERROR', 'says why');
select pipeline_internal.retry_job(user_id, job_id, 'req') from given;
select pg_temp.check('retried by the owner');
select pg_temp.claim('fetch_result');
select tests.end_transaction();
select tests.pause(lease, 0, 'RATE_LIMITED', 'the parser is throttled') from lease;
select pg_temp.check('paused');
select pg_temp.claim('fetch_result');
select tests.end_transaction();
select tests.settle(lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
  'parsed_path', 'p.md', 'parsed_sha256', repeat('a', 64), 'page_starts', '[0, 100]'::jsonb,
  'warnings', jsonb_build_array(
    jsonb_build_object('code', 'PAGES_EMPTY', 'message', 'page 2 is empty', 'pages', '[2]'::jsonb))))) from lease;
select pg_temp.check('result fetched');
select is(
  (select payload #>> '{warnings,0,code}' from ada, tests.messages_to(user_id) order by event_no desc limit 1),
  'PAGES_EMPTY', 'carries the warnings');

select pg_temp.claim('chunk');
select pg_temp.check('claimed for chunking');
select tests.reject(lease, 'INTERNAL_ERROR', 'cannot be chunked') from lease;
select is(pg_temp.status(), 'failed_chunking deadletter', 'fails');
select pg_temp.check('rejected');
select pipeline_internal.redrive(job_id) from given;
select pg_temp.check('redriven');
select tests.kill_worker_of('chunk', job_id) from given;
select pg_temp.check('worker killed, and its loss found, in one transaction');
select pg_temp.claim('chunk');
select tests.end_transaction();
select tests.finish_chunk(lease, 'markdown-simple', '1', tests.two_chunks()) from lease;
select pg_temp.check('chunked');

select pg_temp.claim('embed');
select pg_temp.check('claimed for embedding');
select tests.embed(lease, document_id) from lease, given;
select pg_temp.check('embedded a batch');
select tests.finish_embed(lease) from lease;
select is(pg_temp.status(), 'complete done', 'completes');
select pg_temp.check('completed');

select pipeline_internal.reparse_document(user_id, document_id, null, false, true, 'req') from given;
select pg_temp.check('reparsed');
select tests.claim_original('parse', job_id) from given;
select tests.end_transaction();
select pipeline_internal.requeue(job_id) from given;
select pg_temp.check('requeued after its message was lost');
select pipeline_internal.delete_document(user_id, document_id) from given;
select pg_temp.check('deleted');

-- Registered once more: the bytes never come.
insert into failed_run select (tests.register(user_id)).job_id from ada;
select pg_temp.check('registered again');
update upload_pipeline.upload_jobs
set upload_expires_at = clock_timestamp() - interval '1 day', created_at = now() - interval '2 days',
    updated_at = now() - interval '2 days'
where job_id = (select job_id from failed_run);
select pipeline_internal.expire_uploads();
select is((select j.status from failed_run, tests.job(failed_run.job_id) j), 'expired', 'expires');
select pg_temp.check('expired');

-- What document_status does not show.
create temporary table before as select count(*) as count from ada, tests.messages_to(user_id);
update upload_pipeline.upload_jobs set updated_at = clock_timestamp(), retry_count = retry_count
where job_id = (select job_id from failed_run);
select tests.end_transaction();
select is((select count(*) from ada, tests.messages_to(user_id)), (select count from before),
  'sends nothing if nothing visible changed');
select results_eq(
  'select event_no from ada, tests.messages_to(user_id)',
  'select generate_series(1, (select count from before))', 'numbers without gaps');
select results_eq(
  'select e.event_no, e.document_ids, e.is_sent from ada join upload_pipeline.live_events e using (user_id) order by 1',
  $$select m.event_no, array[(m.payload ->> 'document_id')::uuid], true from ada, tests.messages_to(user_id) m$$,
  'keeps the number of every message with its documents');

select * from finish();
rollback;
