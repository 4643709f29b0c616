begin;
select plan(5);

select tests.add_stage('start_bound', 1);
select tests.add_jobs('start_bound', 1);
insert into pipeline_internal.worker_runs (run_id, stage, started_at, heartbeat_at)
values (gen_random_uuid(), 'start_bound', now(), now());
insert into pipeline_internal.worker_runs (run_id, stage) values ('00000000-0000-4000-8000-0000000005b1', 'start_bound');

select is_empty(
  $$select * from pipeline_internal.start_run('start_bound', '00000000-0000-4000-8000-0000000005b1')$$,
  'the one place is taken');
select results_eq(
  $$select state, attempt_count from upload_pipeline.upload_jobs where stage = 'start_bound'$$,
  $$values ('queued', 0)$$, 'the job waits on, with its attempts');
select is(
  (select read_ct from pgmq.q_start_bound where vt <= clock_timestamp()), 0, 'and its message, as if nobody had read it');
select is(
  (select ended_by from pipeline_internal.worker_runs where run_id = '00000000-0000-4000-8000-0000000005b1'), 'refused',
  'the run is closed as refused');

update pipeline_internal.worker_runs set ended_at = now() where stage = 'start_bound' and ended_at is null;
select isnt_empty(
  $$select from pipeline_internal.start_run('start_bound', gen_random_uuid()) r where cardinality(r.attempts) = 1$$,
  'whoever comes when there is room gets it');

select * from finish();
rollback;
