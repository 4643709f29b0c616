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

select results_eq('select pg_temp.begin_run(1)', array['3 slots, 60 s'],
  'admits the first run and returns the slots and the lease');
select results_eq('select pg_temp.begin_run(2)', array['3 slots, 60 s'], 'admits the second run');
select is_empty('select pg_temp.begin_run(3)', 'refuses the third run when the stage allows two');
select results_eq(
  'select ended_by, ended_at is not null, started_at from pipeline_internal.worker_runs join runs using (run_id) '
  'where n = 3',
  $$values ('refused', true, null::timestamptz)$$, 'closes the refused run');
select is_empty('select pg_temp.begin_run(1)', 'refuses a run that has begun before');
select is(
  (select count(*) from pipeline_internal.live_runs where stage = 'begin_bound' and started_at is not null), 2::bigint,
    'counts two running');

select pipeline_internal.end_run('begin_bound', run_id, 'drained', 1) from runs where n = 1;
select results_eq('select pg_temp.begin_run(4)', array['3 slots, 60 s'], 'admits another run when one ends');
select is_empty('select pg_temp.begin_run(3)', 'refuses a run that was refused before');

select * from finish();
rollback;
