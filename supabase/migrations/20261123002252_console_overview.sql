-- The console's overview: what is there now, what is wrong, and the history for plots.

create view pipeline_monitoring.problems as
with silent as (
  select s.*, case
           when s.timing ~ '^\d+ seconds?$' then s.timing::interval * 5 + interval '30 seconds'
           -- Of cron: several times an hour, hourly, daily.
           when s.timing ~ '^(\*|\*/\d+) ' then interval '1 hour'
           when s.timing ~ '^\S+ (\*|\*/\d+) ' then interval '3 hours'
           -- The runs of the last day are kept.
           else interval '26 hours' end as longest_silence
  from pipeline_monitoring.schedules s
)
select 'alert' as kind, a.rule as subject, a.severity, a.opened_at as since, a.summary
from pipeline_internal.alerts a where a.closed_at is null
union all
select 'circuit', p.provider, 'critical', p.opened_at,
       format('The circuit of %s is open: %s.', p.provider, coalesce(p.message, p.code, 'it failed'))
from pipeline_internal.providers p where p.opened_at is not null
union all
select 'pause', s.stage, 'warning', s.paused_at, format('The stage %s is paused: %s.', s.stage, s.paused_because)
from pipeline_internal.stages s where s.paused_at is not null
union all
select 'schedule', s.schedule, case when s.is_active then 'critical' else 'warning' end,
       coalesce(s.last_success_at, s.last_started_at),
       case
         when not s.is_active then format('The schedule %s is switched off.', s.schedule)
         else format('The schedule %s has not succeeded since %s%s.', s.schedule,
                     coalesce(to_char(s.last_success_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
                       'its start'),
                     ': ' || s.last_failure) end
from silent s
where not s.is_active or clock_timestamp() - s.last_success_at > s.longest_silence
   -- One that has only failed yet; one that has never had its turn is new.
   or (s.last_success_at is null and s.failures_1h > 0)
union all
select 'notifications', e.name, case when e.is_enabled then 'warning' else 'critical' end, min(o.created_at),
       case
         when not e.is_enabled then format('The endpoint %s is disabled, and %s messages to it wait.', e.name, count(*))
         else format('%s messages to the endpoint %s were not delivered%s.', count(*), e.name,
                     ': ' || (array_agg(o.last_error order by o.delivery_no desc))[1]) end
from pipeline_internal.outbox o
join pipeline_internal.endpoints e using (endpoint_id)
where o.delivered_at is null
  and (o.given_up_at is not null or not e.is_enabled or o.due_at < clock_timestamp() - interval '5 minutes')
group by e.endpoint_id;
comment on view pipeline_monitoring.problems is
  'What is wrong now: open alerts, open circuits, paused stages, schedules that do not run, and notifications that are '
  'not delivered; each in a sentence, with its severity, and since when.';
grant select on pipeline_monitoring.problems to pipeline_monitoring, service_role;

create function pipeline_console.overview() returns table (
  active_count bigint, user_queued_count bigint, awaiting_count bigint, dead_letter_count bigint,
  oldest_document_id uuid, oldest_filename text, oldest_status text, oldest_since timestamptz,
  cost_today_cents numeric, cost_month_cents numeric, budget_month_cents numeric, counted_to bigint
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select (select count(*) from upload_pipeline.upload_jobs j where j.message_id is not null),
           (select count(*) from upload_pipeline.upload_jobs j where j.user_queued_at is not null),
           (select count(*) from upload_pipeline.upload_jobs j where j.status = 'awaiting_upload'),
           (select count(*) from upload_pipeline.upload_jobs j where j.state = 'deadletter'),
           o.document_id, d.filename, o.status, o.created_at,
           coalesce(c.today, 0), coalesce(c.month, 0), l.monthly_budget_cents::numeric, r.counted_to
    from pipeline_internal.roll_up r
    cross join pipeline_internal.limits l
    cross join (
      select round(sum(c.cents) filter (where c.day = (now() at time zone 'utc')::date), 4) as today,
             round(sum(c.cents), 4) as month
      from pipeline_internal.daily_costs c where c.day >= pipeline_internal.budget_month()) c
    left join lateral (
      -- Each by its own index.
      select * from (
        (select j.document_id, j.status, j.created_at from upload_pipeline.upload_jobs j
         where j.message_id is not null order by j.created_at limit 1)
        union all
        (select j.document_id, j.status, j.created_at from upload_pipeline.upload_jobs j
         where j.user_queued_at is not null order by j.created_at limit 1)) u
      order by u.created_at limit 1) o on true
    left join upload_pipeline.documents d using (document_id);
end $$;
comment on function pipeline_console.overview is
  'Documents that the pipeline has, the one that has been under way for longest, and the costs of today and of this '
  'month (UTC). counted_to changes with overview_history. @nullable oldest_document_id, oldest_filename, '
  'oldest_status, oldest_since, budget_month_cents.';
select pipeline_internal.open_to_console('pipeline_console.overview');

create function pipeline_console.overview_problems() returns table (
  kind text, subject text, severity text, since timestamptz, summary text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select p.kind, p.subject, p.severity, p.since, p.summary from pipeline_monitoring.problems p
    order by p.severity = 'critical' desc, p.since desc nulls last, p.kind, p.subject
    limit 50;
end $$;
comment on function pipeline_console.overview_problems is
  'What is wrong now, critical problems first: kind is alert, circuit, pause, schedule or notifications. At most 50. '
  '@nullable since.';
select pipeline_internal.open_to_console('pipeline_console.overview_problems', p_reads_monitoring => true);

create function pipeline_console.overview_stages() returns table (
  stage text, message_count bigint, due_count bigint, working_count bigint, oldest_due_seconds numeric,
  running_count bigint, max_invocations int, is_circuit_open boolean, paused_at timestamptz, transition_count bigint,
  p50_seconds numeric, p95_seconds numeric
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select q.stage, q.message_count, q.due_count, q.working_count, q.oldest_due_seconds, q.running_count,
           q.max_invocations::int, coalesce(q.is_circuit_open, false), q.paused_at, l.transition_count, l.p50_seconds,
           l.p95_seconds
    from pipeline_monitoring.queues q
    join pipeline_monitoring.stage_latency l on l.stage = q.stage and l.time_window = '1 hour'
    join pipeline_internal.stages s on s.stage = q.stage
    join upload_pipeline.statuses e on e.status = s.entry_status
    order by e.total_pct;
end $$;
comment on function pipeline_console.overview_stages is
  'Each stage in the order of the pipeline: its queue now, and the documents that left it in the last hour, with their '
  'time in it. @nullable paused_at, p50_seconds, p95_seconds.';
select pipeline_internal.open_to_console('pipeline_console.overview_stages');

create function pipeline_console.overview_history(p_range text default '1 hour') returns table (
  stage text, since timestamptz, step_seconds int, transition_counts int[], p50_seconds real[], p95_seconds real[],
  failed_counts int[], registered_counts int[], message_counts int[], oldest_due_seconds real[]
)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_step interval;
  v_first timestamptz;
  v_last timestamptz;
begin
  perform pipeline_access.require_console_role('viewer');
  v_step := case p_range when '1 hour' then interval '1 minute' when '24 hours' then interval '10 minutes'
                         when '30 days' then interval '1 hour' end;
  if v_step is null then
    raise exception 'Unknown range: %.', p_range using
      errcode = 'invalid_parameter_value', hint = 'Ranges: 1 hour, 24 hours, 30 days.';
  end if;
  -- The last step is under way.
  v_last := date_bin(v_step, now(), '2000-01-01Z');
  v_first := date_bin(v_step, now() - p_range::interval, '2000-01-01Z') + v_step;
  return query
    with known as materialized (
      select * from pipeline_monitoring.history h
      where h.step = v_step and h.since >= v_first and h.since <= v_last
    )
    select s.stage, v_first, extract(epoch from v_step)::int,
           array_agg(coalesce(k.transition_count, 0) order by t.at),
           array_agg(k.p50_seconds order by t.at), array_agg(k.p95_seconds order by t.at),
           array_agg(coalesce(k.failed_count, 0) order by t.at),
           array_agg(coalesce(k.registered_count, 0) order by t.at),
           array_agg(k.message_count order by t.at), array_agg(k.oldest_due_seconds order by t.at)
    from (select distinct k.stage from known k union select 'document') s
    cross join generate_series(v_first, v_last, v_step) t (at)
    left join known k on k.stage = s.stage and k.since = t.at
    group by s.stage
    order by s.stage;
end $$;
comment on function pipeline_console.overview_history is
  'The history by stage, in equal steps from `since` to now: the last hour by minutes, 24 hours by ten minutes, 30 '
  'days by hours. Stage `document` is the whole way. A number is null in a step that has none. @nullable '
  'p50_seconds[], p95_seconds[], message_counts[], oldest_due_seconds[].';
select pipeline_internal.open_to_console('pipeline_console.overview_history', p_reads_monitoring => true);
