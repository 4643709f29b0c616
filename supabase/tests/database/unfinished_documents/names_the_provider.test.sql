begin;
select plan(6);

select tests.add_provider('moody', p_requests_per_message => 1);
create temporary table jobs as select tests.add_jobs('moody', 2) as job_id;
update pipeline_internal.providers
set opened_at = '2026-01-01 10:00:00Z', probe_at = clock_timestamp() + interval '10 minutes', code = 'UNAVAILABLE',
  message = 'down for repairs'
where provider = 'moody';
select results_eq(
  'select distinct (tests.unfinished(job_id)).reason from jobs', array['circuit_open'],
    'gives circuit_open as the reason');
select alike(
  (tests.unfinished(job_id)).cause,
    'the circuit of moody has been open since 10:00:00 UTC: down for repairs (UNAVAILABLE)',
      'names the time and the error')
from jobs limit 1;
select is(
  (tests.unfinished(job_id)).next_step_at, (tests.provider('moody')).probe_at, 'shows the time of the probe')
    from jobs limit 1;

update pipeline_internal.providers
set opened_at = null, probe_at = null, request_level = 0, refilled_at = clock_timestamp(), requests_per_minute = 0.1
where provider = 'moody';
select results_eq(
  'select distinct (tests.unfinished(job_id)).reason from jobs', array['budget_spent'],
    'gives budget_spent as the reason when the bucket is empty');
select alike((tests.unfinished(job_id)).cause, 'the request bucket of moody is empty', 'explains the empty bucket')
  from jobs limit 1;
select tests.pass_time('moody', 3600);
select results_eq(
  'select distinct (tests.unfinished(job_id)).reason from jobs', array['waiting_for_worker'],
    'gives waiting_for_worker when the bucket has refilled');

select * from finish();
rollback;
