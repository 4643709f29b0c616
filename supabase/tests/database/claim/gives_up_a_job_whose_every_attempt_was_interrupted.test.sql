begin;
select plan(8);

create temporary table given as select * from tests.job_at('chunk');
-- chunk has three attempts. Each worker dies without a word.
select tests.claim('chunk', job_id) from given;
select tests.take_over('chunk', job_id) from given;
create temporary table third as select tests.take_over('chunk', job_id) as lease from given;
select isnt((select (lease).msg_id from third), null, 'a third attempt is made');

select tests.make_due(job_id) from given;
select is_empty('select * from pipeline_internal.claim(''chunk'', 10)', 'a fourth is not');
create temporary table after as select j.* from given cross join lateral tests.job(given.job_id) j;

select results_eq(
  'select status, state, stage, message_id, next_attempt_at from after',
  $$values ('failed_chunking', 'deadletter', null::text, null::bigint, null::timestamptz)$$,
  'the job is in the dead letter');
select ok((select finished_at is not null from after), 'and finished');
select is((select last_error ->> 'code' from after), 'ATTEMPTS_EXHAUSTED', 'the reason is kept');
select results_eq(
  $$
    select type, status, stage, code, message from upload_pipeline.events
    where event_id = (select (last_error ->> 'reference')::uuid from after)
  $$,
  $$select 'failure', 'failed_chunking', 'chunk', 'ATTEMPTS_EXHAUSTED', last_error ->> 'message' from after$$,
  'and the reference leads to the event that tells it');
select is(tests.message_count((select job_id from given)), 0::bigint, 'its message is gone');
select is(
  tests.finish_chunk((select lease from third), 'markdown-simple', '1', tests.two_chunks()), false,
  'the third worker, alive after all, comes too late');

select * from finish();
rollback;
