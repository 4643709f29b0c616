-- The metrics that `GET /api/metrics` serves to Prometheus: counters and gauges.

create function pipeline_internal.histogram_samples(p_name text, p_series jsonb[])
returns table (name text, labels jsonb, value double precision)
language sql stable set search_path = '' as $$
  with bounds as (
    select bound, bound::text as le from unnest(pipeline_internal.duration_bounds()) bound
    union all select 'Infinity', '+Inf'
  ), buckets as (
    select series, le, bound, sum(coalesce(c.value, 0)) over (partition by series order by bound) as up_to
    from unnest(p_series) series
    cross join bounds
    left join pipeline_internal.counters c
      on c.name = p_name || '_bucket' and c.labels = series || jsonb_build_object('le', le)
  )
  select p_name || '_bucket', series || jsonb_build_object('le', le), up_to from buckets
  union all
  select p_name || '_count', series, up_to from buckets where le = '+Inf'
  union all
  select p_name || '_sum', series, coalesce(c.value, 0)
  from unnest(p_series) series
  left join pipeline_internal.counters c on c.name = p_name || '_sum' and c.labels = series
$$;
comment on function pipeline_internal.histogram_samples is
  'The samples of a histogram, with cumulative buckets. p_series: the label sets.';

create function pipeline_internal.metric_samples() returns table (name text, labels jsonb, value double precision)
language sql stable set search_path = '' as $$
  with jobs as materialized (
    -- One scan of all jobs.
    select status, state, user_queued_at is not null as is_user_queued,
           case when state = 'deadletter' then pipeline_internal.error_class(last_error ->> 'code') end as error_class,
           count(*) as job_count
    from upload_pipeline.upload_jobs
    group by 1, 2, 3, 4
  ), schedules as materialized (
    select * from pipeline_monitoring.schedules
  ), spent as materialized (
    -- The current month, as in budgets.
    select purpose, sum(cents) as cents from pipeline_internal.daily_costs
    where day >= pipeline_internal.budget_month() group by purpose
  ), error_classes as (
    select error_class, jsonb_build_object('error_class', error_class) as labels
    from unnest(array['document', 'provider', 'pipeline']) error_class
  )
  -- A series exists from the start, even at zero: Prometheus sees an increase only after a first value.
  select 'pipeline_documents_total', l.labels, coalesce(c.value, 0)
  from upload_pipeline.statuses s
  cross join lateral (select jsonb_build_object('status', s.status) as labels) l
  left join pipeline_internal.counters c on c.name = 'pipeline_documents_total' and c.labels = l.labels
  union all
  select 'pipeline_failures_total', f.labels, coalesce(c.value, 0)
  from error_classes f
  left join pipeline_internal.counters c on c.name = 'pipeline_failures_total' and c.labels = f.labels
  union all
  select 'pipeline_warnings_total', w.labels, max(w.value)
  from (
    select jsonb_build_object('code', code) as labels, 0 as value
    from unnest(array['PAGES_CUT', 'PAGES_EMPTY', 'PAGES_UNREAD']) code
    union all
    select c.labels, c.value from pipeline_internal.counters c where c.name = 'pipeline_warnings_total') w
  group by w.labels
  union all
  select c.name, c.labels, c.value from pipeline_internal.counters c
  where c.name in ('pipeline_requests_total', 'pipeline_errors_total')
  union all
  select * from pipeline_internal.histogram_samples(
    'pipeline_stage_duration_seconds',
    array(select jsonb_build_object('stage', stage) from pipeline_internal.stages
          union all select '{"stage": "document"}'))
  union all
  select * from pipeline_internal.histogram_samples(
    'pipeline_request_duration_seconds',
    array(select distinct jsonb_build_object('function', c.labels -> 'function')
          from pipeline_internal.counters c where c.name = 'pipeline_request_duration_seconds_sum'))
  union all
  select 'pipeline_events_uncounted', '{}',
         coalesce(pg_sequence_last_value('upload_pipeline.events_event_no_seq'), 0) - r.counted_to
  from pipeline_internal.roll_up r

  union all
  select 'pipeline_jobs', jsonb_build_object('status', j.status, 'state', j.state), sum(job_count)
  from jobs j group by j.status, j.state
  union all
  select 'pipeline_dead_letter_jobs', f.labels, coalesce(sum(j.job_count), 0)
  from error_classes f left join jobs j using (error_class) group by f.labels
  union all
  select 'pipeline_jobs_user_queued', '{}', coalesce(sum(job_count), 0) from jobs where is_user_queued
  union all
  select 'pipeline_messages_lost', '{}', count(*) from pipeline_monitoring.lost_messages()
  union all
  -- A stage whose provider's circuit is open is expected to stand still.
  select 'pipeline_oldest_idle_job_seconds', jsonb_build_object('stage', s.stage),
         coalesce(max(extract(epoch from clock_timestamp() - greatest(j.updated_at, j.next_attempt_at))), 0)
  from pipeline_internal.stages s
  left join pipeline_internal.providers p using (provider)
  left join upload_pipeline.upload_jobs j
    on j.stage = s.stage and j.message_id is not null and p.opened_at is null
    and coalesce(j.next_attempt_at, j.updated_at) < clock_timestamp()
  group by s.stage

  union all
  select m.name, jsonb_build_object('stage', q.stage) || m.labels, m.value
  from pipeline_monitoring.queues q
  cross join lateral (values
    ('pipeline_queue_messages', '{"state": "due"}'::jsonb, q.due_count::numeric),
    ('pipeline_queue_messages', '{"state": "working"}', q.working_count),
    ('pipeline_queue_messages', '{"state": "postponed"}', q.postponed_count),
    ('pipeline_queue_oldest_message_seconds', '{}', q.oldest_due_seconds)) m (name, labels, value)
  union all
  select m.name, jsonb_build_object('stage', s.stage), m.value
  from pipeline_internal.stages s
  cross join lateral (values
    ('pipeline_worker_runs', (
      select count(*) from pipeline_internal.live_runs r where r.stage = s.stage and r.started_at is not null)),
    ('pipeline_worker_runs_limit', s.max_invocations::bigint)) m (name, value)

  union all
  select m.name, jsonb_build_object('provider', p.provider), m.value
  from pipeline_monitoring.providers p
  cross join lateral (values
    ('pipeline_provider_circuit_open', p.is_circuit_open::int::numeric),
    ('pipeline_provider_request_capacity_ratio', p.request_capacity_percent / 100),
    ('pipeline_provider_token_capacity_ratio', p.token_capacity_percent / 100)) m (name, value)
  union all
  select 'pipeline_schedule_last_success_age_seconds', jsonb_build_object('schedule', s.schedule),
         s.seconds_since_success
  from schedules s where s.seconds_since_success is not null
  union all
  select 'pipeline_schedule_failures', jsonb_build_object('schedule', s.schedule), s.failures_10min
  from schedules s
  union all
  select m.name, '{}', m.value
  from (
    select count(*) as called, count(*) filter (
             where started_at is null and ended_by is distinct from 'refused'
               and called_at < statement_timestamp() - interval '10 seconds') as unanswered
    from pipeline_internal.worker_runs where called_at > statement_timestamp() - interval '1 hour') r
  cross join lateral (values
    ('pipeline_worker_calls', r.called), ('pipeline_worker_calls_unanswered', r.unanswered)) m (name, value)
  union all
  select 'pipeline_notifications_given_up', jsonb_build_object('endpoint', e.name), count(o.*)
  from pipeline_internal.endpoints e
  left join pipeline_internal.outbox o
    on o.endpoint_id = e.endpoint_id and o.given_up_at > statement_timestamp() - interval '1 hour'
  group by e.name
  union all
  select 'pipeline_failed_sign_ins', jsonb_build_object('scope', f.scope), f.value
  from (
    select coalesce(sum(a.failed), 0) as of_project, coalesce(max(a.failed), 0) as of_account
    from (
      select count(*) as failed from pipeline_internal.audit_log
      where action = 'sign_in_failed' and happened_at > statement_timestamp() - interval '15 minutes'
      group by coalesce(user_id::text, email_digest)) a) s
  cross join lateral (values ('account', s.of_account::numeric), ('project', s.of_project)) f (scope, value)
  union all
  select 'pipeline_database_calls_pending', '{}', count(*) from net.http_request_queue
  union all
  select m.name, '{}', m.value
  from (select max(used_count) as used, max(allowed_count) as allowed from pipeline_monitoring.connections) c
  cross join lateral (values
    ('pipeline_connections', c.used), ('pipeline_connections_limit', c.allowed)) m (name, value)
  union all
  select 'pipeline_month_to_date_cost_cents', jsonb_build_object('purpose', p.purpose), coalesce(s.cents, 0)
  from unnest(array['parse', 'embed', 'search']) p (purpose)
  left join spent s using (purpose)
  union all
  select 'pipeline_monthly_budget_cents', '{}', monthly_budget_cents
  from pipeline_internal.limits where monthly_budget_cents is not null
  union all
  select 'pipeline_database_size_bytes', '{}', pg_database_size(current_database())
$$;
comment on function pipeline_internal.metric_samples is
  'One row per sample, in the form of Prometheus; api/metrics.ts describes each metric.';

revoke execute on all functions in schema pipeline_internal from public, anon, authenticated, service_role;
