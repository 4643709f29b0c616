begin;
select plan(45);

-- pg_cron evaluates alerts too; its run waits until this test is over.
select pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));

create function pg_temp.broken() returns text[] language plpgsql as $$
begin
  perform pipeline_internal.evaluate_rule(r) from pipeline_internal.alert_rules r;
  return array(
    select trim(rule || ' ' || subject) from pipeline_internal.alert_states where breached_since is not null
      order by 1);
end $$;

-- The metrics of a quiet hour, before and now.
create temporary table samples (name text, labels jsonb, was double precision, is_now double precision);
create function pg_temp.quiet() returns void language sql as $$
  truncate samples;
  insert into samples
  select name, labels, value, value from pipeline_internal.metric_samples()
  where name not in (
    'pipeline_queue_oldest_message_seconds', 'pipeline_oldest_idle_job_seconds', 'pipeline_messages_lost',
    'pipeline_connections', 'pipeline_connections_limit', 'pipeline_worker_calls', 'pipeline_worker_calls_unanswered',
    'pipeline_monthly_budget_cents', 'pipeline_events_uncounted', 'pipeline_schedule_last_success_age_seconds');
$$;
create function pg_temp.given(p_name text, p_labels jsonb, p_is_now double precision,
  p_was double precision default null)
returns void language sql as $$
  delete from samples where name = p_name and labels = p_labels;
  insert into samples values (p_name, p_labels, coalesce(p_was, 0), p_is_now);
$$;
create function pg_temp.read(p_ago interval default '1 hour') returns void language sql as $$
  truncate pipeline_internal.metric_snapshots;
  insert into pipeline_internal.metric_snapshots
  select clock_timestamp() - p_ago, jsonb_agg(jsonb_build_object('name', name, 'labels', labels, 'value', was))
    from samples
  union all
  select clock_timestamp() - interval '1 second',
    jsonb_agg(jsonb_build_object('name', name, 'labels', labels, 'value', is_now)) from samples;
$$;
-- A value at the threshold is ok; a slightly higher one breaches its rule and no other.
create function pg_temp.breaks(p_expected text, p_name text, p_labels jsonb, p_kept double precision,
  p_more double precision)
returns setof text language plpgsql as $$
begin
  perform pg_temp.given(p_name, p_labels, p_kept);
  perform pg_temp.read();
  return next is(pg_temp.broken(), array[]::text[], p_expected || ' is ok at its threshold');
  perform pg_temp.given(p_name, p_labels, p_more);
  perform pg_temp.read();
  return next is(pg_temp.broken(), array[p_expected], p_expected || ' is breached beyond its threshold');
  perform pg_temp.quiet();
end $$;

select pg_temp.quiet();
select pg_temp.read();
select is(pg_temp.broken(), array[]::text[], 'breaches no rule in a quiet hour');

-- Gauges.
select pg_temp.breaks('PipelineQueueOld chunk', 'pipeline_queue_oldest_message_seconds', '{"stage": "chunk"}', 300,
  301);
select pg_temp.breaks('PipelineJobsStuck fetch_result', 'pipeline_oldest_idle_job_seconds', '{"stage": "fetch_result"}',
  900, 901);
select pg_temp.breaks('PipelineMessagesLost', 'pipeline_messages_lost', '{}', 0, 1);
select pg_temp.breaks('PipelineCircuitOpen openai', 'pipeline_provider_circuit_open', '{"provider": "openai"}', 0, 1);
select pg_temp.breaks(
  'PipelineNotificationsGivenUp app', 'pipeline_notifications_given_up', '{"endpoint": "app"}', 0, 1);
select pg_temp.breaks(
  'PipelineSchedulesSilent', 'pipeline_schedule_last_success_age_seconds', '{"schedule": "pipeline-sweep"}', 60, 61);
select pg_temp.breaks(
  'PipelineSchedulesFailing pipeline-purge', 'pipeline_schedule_failures', '{"schedule": "pipeline-purge"}', 2, 3);
select pg_temp.breaks('PipelineCountersBehind', 'pipeline_events_uncounted', '{}', 10000, 10001);
select pg_temp.given('pipeline_connections_limit', '{}', 60);
select pg_temp.breaks('PipelineConnectionsHigh', 'pipeline_connections', '{}', 48, 49);
select pg_temp.given('pipeline_worker_calls', '{}', 1000);
select pg_temp.breaks('PipelineWorkersSilent', 'pipeline_worker_calls_unanswered', '{}', 3, 4);
select pg_temp.given('pipeline_monthly_budget_cents', '{}', 1000);
select pg_temp.breaks('PipelineBudgetNearlySpent', 'pipeline_month_to_date_cost_cents', '{"purpose": "parse"}', 800,
  801);
select pg_temp.breaks('PipelineSignInsFailing account', 'pipeline_failed_sign_ins', '{"scope": "account"}', 15, 16);
select pg_temp.breaks('PipelineSignInsFailing project', 'pipeline_failed_sign_ins', '{"scope": "project"}', 300, 301);

-- Counters.
select pg_temp.breaks('PipelineDeadLetterGrowing', 'pipeline_dead_letter_jobs', '{"error_class": "pipeline"}', 5, 6);
select pg_temp.breaks(
  'PipelineRateLimitStorm /api/jobs', 'pipeline_requests_total',
  '{"function": "api", "route": "/api/jobs", "method": "GET", "status": "429"}', 100, 101);
select pg_temp.given('pipeline_documents_total', '{"status": "complete"}', 76);
select pg_temp.breaks('PipelineDocumentsFailing', 'pipeline_failures_total', '{"error_class": "pipeline"}', 4, 5);
select pg_temp.given('pipeline_requests_total', '{"function": "api", "route": "/", "method": "GET", "status": "200"}',
  95);
select pg_temp.breaks(
  'PipelineRequestErrors api', 'pipeline_requests_total',
  '{"function": "api", "route": "/", "method": "GET", "status": "503"}', 5, 6);
select pg_temp.breaks(
  'PipelineWebhooksSilent', 'pipeline_stage_duration_seconds_count', '{"stage": "fetch_result"}', 3, 4);

select pg_temp.given('pipeline_failures_total', '{"error_class": "document"}', 50);
select pg_temp.given('pipeline_dead_letter_jobs', '{"error_class": "document"}', 50);
select pg_temp.given('pipeline_failures_total', '{"error_class": "pipeline"}', 3);
select pg_temp.given('pipeline_requests_total', '{"function": "api", "route": "/", "method": "GET", "status": "503"}',
  20);
select pg_temp.given('pipeline_worker_calls', '{}', 3);
select pg_temp.given('pipeline_worker_calls_unanswered', '{}', 3);
select pg_temp.read();
select is(pg_temp.broken(), array[]::text[], 'ignores a few failures, and failures of class document');

select pg_temp.quiet();
select pg_temp.given('pipeline_stage_duration_seconds_count', '{"stage": "fetch_result"}', 9);
select pg_temp.given(
  'pipeline_requests_total',
    '{"function": "webhook", "route": "/webhook/llamaparse", "method": "POST", "status": "200"}', 1);
select pg_temp.read();
select is(pg_temp.broken(), array[]::text[], 'ignores missing callbacks after one callback');

-- Durations: of twenty requests, nineteen take at most 10 seconds.
select pg_temp.quiet();
select pg_temp.given('pipeline_stage_duration_seconds_bucket', b.labels || '{"stage": "embed"}', b.up_to)
from (values ('{"le": "10"}'::jsonb, 0), ('{"le": "30"}', 19), ('{"le": "60"}', 20), ('{"le": "+Inf"}', 20)) b (labels,
  up_to);
select pg_temp.given('pipeline_stage_duration_seconds_bucket', '{"le": "60", "stage": "fetch_result"}', 0);
select pg_temp.given('pipeline_stage_duration_seconds_bucket', '{"le": "+Inf", "stage": "fetch_result"}', 20);
select pg_temp.given('pipeline_request_duration_seconds_bucket', b.labels || '{"function": "api"}', b.up_to)
from (values ('{"le": "30"}'::jsonb, 10), ('{"le": "60"}', 20), ('{"le": "+Inf"}', 20)) b (labels, up_to);
select pg_temp.read();
select is(
  pg_temp.broken(), array['PipelineRequestsSlow api'],
  'interpolates quantiles, and ignores the parser''s time');
select results_eq(
  $$select subject, value from pipeline_internal.metric_quantile('pipeline_request_duration_seconds', 0.95, 'function',
    '1 hour') where subject = 'api'$$,
  $$values ('api', 57::double precision)$$, 'interpolates within the bucket of the rank');

-- Time windows.
select pg_temp.quiet();
select pg_temp.given('pipeline_dead_letter_jobs', '{"error_class": "pipeline"}', 9);
select pg_temp.read('2 hours');
insert into pipeline_internal.metric_snapshots
select clock_timestamp() - interval '59 minutes', samples from pipeline_internal.metric_snapshots
  order by read_at desc limit 1;
select results_eq(
  $$select value from pipeline_internal.metric_delta('pipeline_dead_letter_jobs', '1 hour')
    where labels ->> 'error_class' = 'pipeline'$$,
  $$values (9::double precision)$$, 'computes a change against the last snapshot before the window');
delete from pipeline_internal.metric_snapshots where read_at < now() - interval '1 hour';
select results_eq(
  $$select value from pipeline_internal.metric_delta('pipeline_dead_letter_jobs', '1 hour')
    where labels ->> 'error_class' = 'pipeline'$$,
  $$values (0::double precision)$$, 'computes a change against the oldest snapshot when none is older than the window');
select pipeline_internal.take_metric_snapshot();
select is(
  (select count(*) from pipeline_internal.metric_snapshots where read_at < now() - interval '70 minutes'), 0::bigint,
  'removes snapshots that no rule looks back to');

select is_empty(
  $$select rule from pipeline_internal.alert_rules where last_error is not null$$,
    'evaluates every rule without an error');

select * from finish();
rollback;
