-- One document per run, so that a death has exactly one cause.
begin;
select plan(12);

select tests.set_secret('pipeline_functions_url', 'http://functions.test');
-- No other test has a suspect at this stage.
select tests.add_stage('suspected');
create temporary table given as select ord, job_id from tests.add_jobs('suspected', 3) with ordinality j (job_id, ord);
create function pg_temp.suspect(p_ord int, p_since interval) returns void language sql as $$
  update upload_pipeline.upload_jobs
  set is_isolated = true, lost_count = 2, unexplained_count = 2, state = 'retryable',
      next_attempt_at = clock_timestamp() - p_since
  where job_id = (select job_id from given where ord = p_ord)
$$;
create function pg_temp.calls() returns bigint language sql as $$
  select count(*) from net.http_request_queue
    where url ~ '^http://functions.test/isolation/suspected\?run_id=[0-9a-f-]+$'
$$;

select is(pipeline_internal.wake_isolation(), null, 'calls no worker without a suspect');
select pg_temp.suspect(2, interval '2 minutes');
select pg_temp.suspect(3, interval '1 minute');
create temporary table called as select pipeline_internal.wake_isolation() as run_id;
select is(pg_temp.calls(), 1::bigint, 'calls the function isolation for a suspect');
select is(pipeline_internal.wake_isolation(), null, 'calls it once');
select results_eq(
  $$select slots, lease_seconds from called, pipeline_internal.begin_isolated_run('suspected', run_id)$$,
  $$values (1::smallint, 60::real)$$, 'claims one document per run');
select is_empty(
  $$select * from pipeline_internal.begin_isolated_run('suspected', '00000000-0000-4000-8000-000000000150')$$,
  'refuses a second isolated run');
select is(
  (select count(*) from pipeline_internal.live_runs where stage = 'suspected'), 0::bigint,
    'uses no invocation of the stage');

select results_eq(
  $$select job_id, attempt from called, pipeline_internal.claim_isolated('suspected', run_id)$$,
  'select job_id, 1 from given where ord = 2', 'claims the longest waiting suspect first');
select results_eq(
  $$select job_id from pipeline_internal.claim('suspected', 10)$$, 'select job_id from given where ord = 1',
  'claims other documents in normal runs');
select is(
  (select pipeline_internal.end_isolated_run('suspected', run_id, 'drained', 1) from called), false,
  'continues while another suspect is due');
select results_eq(
  $$select job_id from called, pipeline_internal.claim_isolated('suspected', run_id)$$,
    'select job_id from given where ord = 3',
  'claims the other suspect');
select is(
  (select pipeline_internal.end_isolated_run('suspected', run_id, 'drained', 2) from called), true,
    'ends when no suspect is due');
select is_empty(
  $$select * from pipeline_internal.claim_isolated('suspected', null)$$, 'claims nothing that another worker holds');

select * from finish();
rollback;
