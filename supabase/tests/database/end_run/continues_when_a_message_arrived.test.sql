begin;
select plan(7);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select tests.add_stage('end_more', 1);
create temporary table run as select '00000000-0000-4000-8000-00000000000e'::uuid as run_id;
select from run cross join lateral pipeline_internal.begin_run('end_more', run_id);

-- The run found an empty queue; then this message came, and no worker was called because the run still existed.
select pgmq.send('end_more', '{}');
select is(pipeline_internal.end_run('end_more', run_id, 'drained', 3), false, 'returns false') from run;
select is((select ended_at from pipeline_internal.worker_runs join run using (run_id)), null, 'keeps the run open');

select from pgmq.read('end_more', 60, 1);
select is(pipeline_internal.end_run('end_more', run_id, 'drained', 4), true, 'ignores messages of other workers')
  from run;
select results_eq(
  'select ended_by, settled_count, ended_at is not null from pipeline_internal.worker_runs join run using (run_id)',
  $$values ('drained', 4, true)$$, 'ends the run');
select is(tests.calls('end_more'), 0::bigint, 'calls no worker');

select is(pipeline_internal.end_run('end_more', run_id, 'budget', 9), true, 'accepts a second end') from run;
select results_eq(
  'select ended_by, settled_count from pipeline_internal.worker_runs join run using (run_id)',
    $$values ('drained', 4)$$,
  'changes nothing at the second end');

select * from finish();
rollback;
