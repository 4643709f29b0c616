begin;
select plan(7);

create temporary table given as select * from tests.job_at('chunk');
update upload_pipeline.upload_jobs set attempt_count = 2 where job_id = (select job_id from given);
create temporary table third as select tests.claim('chunk', job_id) as lease from given;

select is(
  tests.retry((select lease from third), 'BROKEN', 'the text is broken'), true,
  'settles the third of three failed attempts');
create temporary table after as select j.* from given cross join lateral tests.job(given.job_id) j;

select results_eq(
  'select status, state, stage, message_id, next_attempt_at from after',
  $$values ('failed_chunking', 'deadletter', null::text, null::bigint, null::timestamptz)$$,
  'puts the job into the dead letter');
select results_eq(
  $$select last_error - 'reference' from after$$,
  $$values ('{"code": "BROKEN", "message": "the text is broken", "stage": "chunk"}'::jsonb)$$,
  'stores the error of the last attempt');
select results_eq(
  $$
    select type, code, message, attempt from upload_pipeline.events
    where event_id = (select (last_error ->> 'reference')::uuid from after)
  $$,
  $$values ('failure', 'BROKEN', 'the text is broken', 3)$$, 'references the failure event');
select is(tests.message_count((select job_id from given)), 0::bigint, 'deletes the message');
select is((select finished_at is not null from after), true, 'finishes the job');
select is_empty(
  $$select * from upload_pipeline.events join given using (job_id) where type = 'retry'$$,
  'records no retry event');

select * from finish();
rollback;
