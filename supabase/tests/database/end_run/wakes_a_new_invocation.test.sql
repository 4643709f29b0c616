begin;
select plan(5);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select tests.add_stage('end_budget', 1);
create temporary table run as select '00000000-0000-4000-8000-00000000000f'::uuid as run_id;
select from run cross join lateral pipeline_internal.begin_run('end_budget', run_id);
select pgmq.send('end_budget', '{}');

select is(
  pipeline_internal.end_run('end_budget', run_id, 'budget', 7), true,
    'ends although messages are due, because its time is over') from run;
select results_eq(
  'select ended_by, settled_count from pipeline_internal.worker_runs join run using (run_id)', $$values ('budget', 7)$$,
    'ends the run');
select is(tests.calls('end_budget'), 1::bigint, 'calls a new invocation');
select is(
  (select count(*) from pipeline_internal.worker_runs where stage = 'end_budget' and ended_at is null), 1::bigint,
  'counts the new invocation as running');

select tests.add_stage('end_empty', 1);
select from pipeline_internal.begin_run('end_empty', '00000000-0000-4000-8000-000000000010');
select pipeline_internal.end_run('end_empty', '00000000-0000-4000-8000-000000000010', 'shutdown', 0);
select is(tests.calls('end_empty'), 0::bigint, 'calls none without due messages');

select * from finish();
rollback;
