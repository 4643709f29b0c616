begin;
select plan(8);

select tests.add_stage('begin_bound', 2);
create temporary table runs as select n, gen_random_uuid() as run_id from generate_series(1, 4) n;
insert into pipeline_internal.worker_runs (run_id, stage) select run_id, 'begin_bound' from runs;
create function pg_temp.begin_run(p_n int) returns setof text
language sql as $$
  select format('%s slots, %s s', slots, lease_seconds)
  from runs cross join lateral pipeline_internal.begin_run('begin_bound', run_id) where n = p_n
$$;

select results_eq('select pg_temp.begin_run(1)', array['3 slots, 60 s'], 'the first run is admitted and told how to work');
select results_eq('select pg_temp.begin_run(2)', array['3 slots, 60 s'], 'the second too');
select is_empty('select pg_temp.begin_run(3)', 'the third is not: the stage allows two');
select results_eq(
  'select ended_by, ended_at is not null, started_at from pipeline_internal.worker_runs join runs using (run_id) where n = 3',
  $$values ('refused', true, null::timestamptz)$$, 'and is closed as refused');
select is_empty('select pg_temp.begin_run(1)', 'a run that began already does not begin again: its call was sent twice');
select is(
  (select count(*) from pipeline_internal.live_runs where stage = 'begin_bound' and started_at is not null), 2::bigint, 'two are running');

select pipeline_internal.end_run('begin_bound', run_id, 'drained', 1) from runs where n = 1;
select results_eq('select pg_temp.begin_run(4)', array['3 slots, 60 s'], 'when one ends, there is room for another');
select is_empty('select pg_temp.begin_run(3)', 'a run that was refused stays refused');

select * from finish();
rollback;
