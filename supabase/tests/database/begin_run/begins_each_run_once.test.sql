begin;
select plan(4);

select tests.add_stage('begin_twice', 5);
create temporary table called as select '00000000-0000-4000-8000-00000000000a'::uuid as run_id;
select isnt_empty('select c.* from called cross join lateral pipeline_internal.begin_run(''begin_twice'', run_id) c',
  'admits a run without a call, as an operator starts it');
select is_empty('select c.* from called cross join lateral pipeline_internal.begin_run(''begin_twice'', run_id) c',
  'refuses the same run while it runs');
select pipeline_internal.end_run('begin_twice', run_id, 'drained', 0) from called;
select is_empty('select c.* from called cross join lateral pipeline_internal.begin_run(''begin_twice'', run_id) c',
  'refuses the same run after it ended');
select is(
  (select count(*) from pipeline_internal.worker_runs where stage = 'begin_twice'), 1::bigint, 'stores one run');

select * from finish();
rollback;
