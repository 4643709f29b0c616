begin;
select plan(4);

select tests.add_stage('begin_twice', 5);
create temporary table called as select '00000000-0000-4000-8000-00000000000a'::uuid as run_id;
select isnt_empty('select c.* from called cross join lateral pipeline_internal.begin_run(''begin_twice'', run_id) c', 'a run that nobody called, as an operator starts it by hand, is admitted');
select is_empty('select c.* from called cross join lateral pipeline_internal.begin_run(''begin_twice'', run_id) c', 'its second call is not, though there is room');
select pipeline_internal.end_run('begin_twice', run_id, 'drained', 0) from called;
select is_empty('select c.* from called cross join lateral pipeline_internal.begin_run(''begin_twice'', run_id) c', 'not even after it has ended');
select is(
  (select count(*) from pipeline_internal.worker_runs where stage = 'begin_twice'), 1::bigint, 'it is one run');

select * from finish();
rollback;
