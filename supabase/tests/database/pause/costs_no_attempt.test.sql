begin;
select plan(6);

create temporary table given as select * from tests.job_at('embed');
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
create temporary table before as select clock_timestamp() as at;

select is(
  tests.pause((select lease from lease), 30, 'RATE_LIMITED', 'come back in 30 s'), true,
  'settles a pause');
select results_eq(
  'select status, state, attempt_count, retry_count, last_error from tests.job((select job_id from given))',
  $$values ('embedding_in_progress', 'queued', 0, 0, null::jsonb)$$,
  'gives the attempt back and counts no failure');
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '30 seconds'
                                               and clock_timestamp() + interval '30 seconds',
  'makes the message due when the provider asked');
select is(
  (tests.job((select job_id from given))).next_attempt_at, tests.due_at((select job_id from given)),
  'stores that time in the job');
select results_eq(
  $$select type, code, message from upload_pipeline.events join given using (job_id) order by event_no desc limit 1$$,
  $$values ('pause', 'RATE_LIMITED', 'come back in 30 s')$$, 'records the reason as an event');

create temporary table rounds as
  select n, tests.pause(tests.reclaim('embed', job_id), 30) as paused
  from given, generate_series(1, 8) n;
select results_eq(
  'select j.state, j.attempt_count, (select count(*) from rounds where paused) from tests.job((select job_id from '
  'given)) j',
  $$values ('queued', 0, 8::bigint)$$, 'keeps all attempts after eight pauses');

select * from finish();
rollback;
