begin;
select plan(6);

select tests.add_stage('start_first', 2);
select tests.add_jobs('start_first', 5);
create temporary table started as
  select r.*, gen_random_uuid() as run_id from pipeline_internal.start_run('start_first', gen_random_uuid()) r;

select results_eq('select slots, lease_seconds from started', 'values (3::smallint, 60::real)',
  'returns the slots and the lease');
select is((select cardinality(attempts) from started), 3, 'returns a message per slot');
select bag_eq(
  $$select a.job_id from started, unnest(attempts) a$$,
  $$select job_id from upload_pipeline.upload_jobs where stage = 'start_first' and state = 'working'$$,
  'claims these messages');
select is_empty(
  $$
    select from started, unnest(attempts) a
    where a.job_id is distinct from (
      select h.job_id
      from pipeline_internal.lock_attempts(array[row('start_first', a.msg_id, a.read_ct)::pipeline_internal.lease]) h)
  $$, 'returns valid leases');

select is(
  (select cardinality(attempts) from pipeline_internal.start_run('start_first', gen_random_uuid())), 2,
  'returns the remaining messages to the next run');
select tests.add_stage('start_idle', 1);
select is(
  (select attempts from pipeline_internal.start_run('start_idle', gen_random_uuid())),
    '{}'::pipeline_internal.attempt[],
  'admits a run for an empty queue');

select * from finish();
rollback;
