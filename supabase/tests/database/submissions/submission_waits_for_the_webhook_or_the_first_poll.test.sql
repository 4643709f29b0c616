begin;
select plan(5);

update pipeline_internal.limits set first_poll_seconds = 7;
create temporary table before as select clock_timestamp() as at;
create temporary table given as select * from tests.job_at('fetch_result');

select results_eq(
  'select status, state, stage, attempt_count from given', $$values ('parse_queued', 'queued', 'fetch_result', 0)$$,
  'moves the job to fetch_result');
select results_eq(
  'select provider_job_id, submitted_at is not null, finished_at, poll_count from pipeline_internal.submissions where '
  'job_id = (select job_id from given)',
  $$select 'provider-' || job_id, true, null::timestamptz, 0 from given$$, 'stores the parse id');
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '7 seconds'
                                               and clock_timestamp() + interval '7 seconds',
  'makes the message due at the first poll');
select is(
  (select next_attempt_at is not null from given), true, 'stores that time in the job');
select results_eq(
  'select submission_id, provider_job_id, poll_count, is_overdue from pipeline_internal.current_submission((select '
  'job_id from given))',
  $$select submission_id, provider_job_id, 0, false from pipeline_internal.submissions
    where job_id = (select job_id from given)$$,
  'returns the parse id to the poll');

select * from finish();
rollback;
