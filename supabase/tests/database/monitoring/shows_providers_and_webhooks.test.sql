begin;
select plan(5);

select tests.add_provider('half', p_request_burst => 100, p_token_burst => 1000);
update pipeline_internal.providers
set request_level = 50, token_level = -100, refilled_at = clock_timestamp(), requests_per_minute = 0.001,
  tokens_per_minute = 0.001,
    opened_at = now() - interval '1 minute', probe_at = now() + interval '1 minute', code = 'DOWN', message = 'repairs'
where provider = 'half';
select results_eq(
  $$select is_circuit_open, opened_at, probe_at, code, message, request_capacity_percent, token_capacity_percent
    from pipeline_monitoring.providers where provider = 'half'$$,
  $$values (true, now() - interval '1 minute', now() + interval '1 minute', 'DOWN', 'repairs', 50.0, -10.0)$$,
  'shows a provider''s circuit and capacity');
select tests.pass_time('half', 10000000);
select is((select request_capacity_percent from pipeline_monitoring.providers where provider = 'half'), 100.0,
  'refills capacity with time up to the burst');

create temporary table jobs as select n, (tests.register(tests.create_user(), n::text)).job_id
  from generate_series(1, 5) n;
insert into pipeline_internal.submissions (job_id, provider_job_id, submitted_at, finished_at, outcome)
select job_id, 'w' || n, now() - interval '10 minutes', case when n < 5 then now() - interval '9 minutes' end,
  'collected' from jobs;
-- 1 and 2 in time, 3 after the result was fetched, 4 reported only the start, 5 is awaited.
insert into pipeline_internal.deliveries (event_id, event_type, provider_job_id, received_at) values
  ('e1', 'parse.success', 'w1', now() - interval '9 minutes 50 seconds'),
    ('e2', 'parse.error', 'w2', now() - interval '9 minutes 40 seconds'),
  ('e3', 'parse.success', 'w3', now() - interval '4 minutes'),
    ('e4', 'parse.running', 'w4', now() - interval '9 minutes');
insert into pipeline_internal.audit_log (action, actor, happened_at)
values ('webhook_refused', 'visitor', now() - interval '2 minutes'),
  ('webhook_refused', 'visitor', now() - interval '2 days');
select results_eq(
  $$select time_window, submitted_count, awaited_count, missing_count, late_count, p50_seconds, delivery_count,
    refused_count
    from pipeline_monitoring.webhooks order by 1$$,
  $$values ('1 hour', 5::bigint, 1::bigint, 1::bigint, 1::bigint, 20.0, 4::bigint, 1::bigint),
    ('5 minutes', 0, 0, 0, 0, null, 1, 1)$$,
  'counts callbacks that are awaited, missing, late and refused');
select is((select max(last_delivery_at) from pipeline_monitoring.webhooks), now() - interval '4 minutes',
  'shows the time of the last callback');

select set_eq(
  'select schedule, timing, is_active from pipeline_monitoring.schedules',
  $$select jobname, schedule, active from cron.job where jobname like 'pipeline-%'$$, 'shows every schedule');

select * from finish();
rollback;
