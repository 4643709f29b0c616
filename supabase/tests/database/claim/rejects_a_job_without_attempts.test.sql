-- An operator has lowered the stage's attempts while the document waited for its next attempt.
begin;
select plan(6);

create temporary table given as select * from tests.job_at('chunk');
select tests.retry(tests.claim('chunk', job_id), 'HICCUP', 'a hiccup') from given;
select tests.make_due(job_id) from given;
update pipeline_internal.stages set max_attempts = 1 where stage = 'chunk';
select is_empty('select * from pipeline_internal.claim(''chunk'', 10)', 'claims nothing');
create temporary table after as select j.* from given cross join lateral tests.job(given.job_id) j;

select results_eq(
  'select status, state, stage, message_id, next_attempt_at from after',
  $$values ('failed_chunking', 'deadletter', null::text, null::bigint, null::timestamptz)$$,
  'puts the job into the dead letter');
select ok((select finished_at is not null from after), 'finishes the job');
select is((select last_error ->> 'code' from after), 'ATTEMPTS_EXHAUSTED', 'keeps the last error');
select results_eq(
  $$
    select type, status, stage, code, message from upload_pipeline.events
    where event_id = (select (last_error ->> 'reference')::uuid from after)
  $$,
  $$select 'failure', 'failed_chunking', 'chunk', 'ATTEMPTS_EXHAUSTED', last_error ->> 'message' from after$$,
  'references the failure event');
select is(tests.message_count((select job_id from given)), 0::bigint, 'deletes the message');

select * from finish();
rollback;
