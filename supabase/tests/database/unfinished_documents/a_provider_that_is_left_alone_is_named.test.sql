begin;
select plan(6);

select tests.add_provider('moody', p_requests_per_message => 1);
create temporary table jobs as select tests.add_jobs('moody', 2) as job_id;
update pipeline_internal.providers
set opened_at = '2026-01-01 10:00:00Z', probe_at = clock_timestamp() + interval '10 minutes', code = 'UNAVAILABLE', message = 'down for repairs'
where provider = 'moody';
select results_eq(
  'select distinct (tests.unfinished(job_id)).reason from jobs', array['circuit_open'], 'both wait for the provider');
select alike(
  (tests.unfinished(job_id)).cause, 'the circuit of moody has been open since 10:00:00 UTC: down for repairs (UNAVAILABLE)', 'it is said since when and why')
from jobs limit 1;
select is(
  (tests.unfinished(job_id)).next_step_at, (tests.provider('moody')).probe_at, 'and when it is tried again') from jobs limit 1;

update pipeline_internal.providers
set opened_at = null, probe_at = null, request_level = 0, refilled_at = clock_timestamp(), requests_per_minute = 0.1
where provider = 'moody';
select results_eq(
  'select distinct (tests.unfinished(job_id)).reason from jobs', array['budget_spent'], 'an empty bucket is a reason too');
select alike((tests.unfinished(job_id)).cause, 'the request bucket of moody is empty', 'in words') from jobs limit 1;
select tests.pass_time('moody', 3600);
select results_eq(
  'select distinct (tests.unfinished(job_id)).reason from jobs', array['waiting_for_worker'], 'until it has refilled');

select * from finish();
rollback;
