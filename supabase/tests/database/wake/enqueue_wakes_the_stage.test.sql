begin;
select plan(6);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
create temporary table calls_before as
  select stage, tests.calls(stage) as count from pipeline_internal.stages;
create function pg_temp.new_calls(p_stage text) returns bigint
language sql as $$ select tests.calls(p_stage) - count from calls_before where stage = p_stage $$;

create temporary table given as select j.* from tests.create_user() u, tests.register(u, 'given') j;
select is(pg_temp.new_calls('parse'), 0::bigint, 'calls no worker for a registration');
select tests.store_object(document_id) from given;
select is(pg_temp.new_calls('parse'), 1::bigint, 'calls parse when the bytes arrive');
select tests.finish_parse(job_id) from given;
select is(pg_temp.new_calls('fetch_result'), 0::bigint, 'calls no worker while the parser runs');
select pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-' || job_id, null, 'r') from given;
select is(pg_temp.new_calls('fetch_result'), 1::bigint, 'calls fetch_result for its webhook');
select tests.finish_fetch_result(tests.claim('fetch_result', job_id), 'p.md', repeat('a', 64), array[0]) from given;
select is(pg_temp.new_calls('chunk'), 1::bigint, 'calls chunk when the text is stored');
select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '1', tests.two_chunks()) from given;
select is(pg_temp.new_calls('embed'), 1::bigint, 'calls embed when the chunks are stored');

select * from finish();
rollback;
