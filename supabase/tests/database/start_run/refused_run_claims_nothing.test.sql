begin;
select plan(5);

select tests.add_stage('start_bound', 1);
select tests.add_jobs('start_bound', 1);
insert into pipeline_internal.worker_runs (run_id, stage, started_at, heartbeat_at)
values (gen_random_uuid(), 'start_bound', now(), now());
insert into pipeline_internal.worker_runs (run_id, stage) values ('00000000-0000-4000-8000-0000000005b1',
  'start_bound');

select is_empty(
  $$select * from pipeline_internal.start_run('start_bound', '00000000-0000-4000-8000-0000000005b1')$$,
  'refuses a run when the limit is reached');
select results_eq(
  $$select state, attempt_count from upload_pipeline.upload_jobs where stage = 'start_bound'$$,
  $$values ('queued', 0)$$, 'leaves the job with its attempts');
select is(
  (select read_ct from pgmq.q_start_bound where vt <= clock_timestamp()), 0, 'leaves its message unread');
select is(
  (select ended_by from pipeline_internal.worker_runs where run_id = '00000000-0000-4000-8000-0000000005b1'), 'refused',
  'closes the refused run');

update pipeline_internal.worker_runs set ended_at = now() where stage = 'start_bound' and ended_at is null;
select isnt_empty(
  $$select from pipeline_internal.start_run('start_bound', gen_random_uuid()) r where cardinality(r.attempts) = 1$$,
  'returns the message to a later run');

select * from finish();
rollback;
