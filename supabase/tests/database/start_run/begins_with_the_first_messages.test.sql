begin;
select plan(6);

select tests.add_stage('start_first', 2);
select tests.add_jobs('start_first', 5);
create temporary table started as
  select r.*, gen_random_uuid() as run_id from pipeline_internal.start_run('start_first', gen_random_uuid()) r;

select results_eq('select slots, lease_seconds from started', 'values (3::smallint, 60::real)', 'it is told how to work');
select is((select jsonb_array_length(jobs) from started), 3, 'and has a message for each slot');
select bag_eq(
  $$select job->>'job_id' from started, jsonb_array_elements(jobs) job$$,
  $$select job_id::text from upload_pipeline.upload_jobs where stage = 'start_first' and state = 'working'$$,
  'those are the ones that are in work now');
select is_empty(
  $$
    select from started, jsonb_array_elements(jobs) job
    cross join lateral pipeline_internal.hold(row('start_first', (job->>'msg_id')::bigint, (job->>'read_ct')::int)) held
    where held.job_id is distinct from (job->>'job_id')::uuid
  $$, 'the leases hold');

select is(
  (select jsonb_array_length(jobs) from pipeline_internal.start_run('start_first', gen_random_uuid())), 2,
  'the next run gets what is left');
select tests.add_stage('start_idle', 1);
select is(
  (select jobs from pipeline_internal.start_run('start_idle', gen_random_uuid())), '[]'::jsonb,
  'one that finds an empty queue is admitted all the same');

select * from finish();
rollback;
