-- Alerts without Prometheus. Twice a minute pg_cron takes the metrics that Prometheus would scrape, evaluates the rules
-- on them, and notifies when an alert opens or closes. The rows of alert_rules declare the rules; npm run generate adds
-- the PromQL of monitoring/alerts.yml and writes Prometheus' rules.yml.

create unlogged table pipeline_internal.metric_snapshots (
  read_at timestamptz primary key,
  -- The rows of pipeline_internal.metric_samples: [{name, labels, value}].
  samples jsonb not null
);
comment on table pipeline_internal.metric_snapshots is
  'The metrics of the last hour; no rule looks back further. A crash of the database empties the table.';

create table pipeline_internal.alert_rules (
  rule text primary key check (rule ~ '^[A-Za-z_]+$'),
  severity text not null check (severity in ('warning', 'critical')),
  -- For people; {subject} and {value} are replaced by what was measured, {percent} by the value of a ratio.
  summary text not null,
  -- A query of (subject text, value): a subject whose value is above the threshold breaches the rule. A subject that is
  -- missing, or whose value is null, is ok.
  query text not null,
  threshold double precision not null,
  -- How long a breach must last before an alert opens, and how long the subject must be ok before it closes.
  for_seconds int not null check (for_seconds >= 0),
  keep_firing_seconds int not null check (keep_firing_seconds >= 0),
  is_enabled boolean not null default true,
  -- The error of the last evaluation, if it failed.
  last_error text
);
comment on table pipeline_internal.alert_rules is
  'The alert rules. An operator may change a threshold, disable a rule, or add one: its query runs with the owner''s '
  'rights.';

create table pipeline_internal.alert_states (
  rule text not null references pipeline_internal.alert_rules on delete cascade,
  subject text not null,
  value double precision,
  measured_at timestamptz not null,
  -- Since when the subject has breached the rule, or has been ok.
  breached_since timestamptz,
  ok_since timestamptz,
  primary key (rule, subject),
  constraint breached_or_ok check ((breached_since is null) <> (ok_since is null))
);
comment on table pipeline_internal.alert_states is
  'The last value of each subject, and since when it has breached the rule or been ok.';

create table pipeline_internal.alerts (
  alert_id uuid primary key default gen_random_uuid(),
  rule text not null,
  subject text not null,
  severity text not null,
  summary text not null,
  threshold double precision not null,
  -- The value when the alert opened, and the worst value since.
  value double precision not null,
  worst_value double precision not null,
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz
);
comment on table pipeline_internal.alerts is 'The history of alerts. An alert is open while closed_at is null.';
create unique index alerts_open_idx on pipeline_internal.alerts (rule, subject) where closed_at is null;
create index alerts_opened_at_idx on pipeline_internal.alerts (opened_at, alert_id);

alter table pipeline_internal.metric_snapshots enable row level security;
alter table pipeline_internal.alert_rules enable row level security;
alter table pipeline_internal.alert_states enable row level security;
alter table pipeline_internal.alerts enable row level security;

create function pipeline_internal.take_metric_snapshot() returns void
language plpgsql set search_path = '' as $$
declare
  v_samples jsonb := (select jsonb_agg(s) from pipeline_internal.metric_samples() s);
  v_read_at timestamptz := clock_timestamp();
begin
  delete from pipeline_internal.metric_snapshots where read_at < v_read_at - interval '65 minutes';
  insert into pipeline_internal.metric_snapshots (read_at, samples) values (v_read_at, v_samples);
  perform pipeline_internal.record_queue_history(v_samples, v_read_at);
end $$;
comment on function pipeline_internal.take_metric_snapshot is
  'Stores the current metrics, also in the history of the queues, and removes snapshots that no rule looks back to.';

create function pipeline_internal.metric_snapshot(p_name text, p_age interval default '0')
returns table (labels jsonb, value double precision)
language sql stable set search_path = '' as $$
  select s.labels, s.value
  from (
    -- The oldest snapshot, if none is that old.
    select samples from pipeline_internal.metric_snapshots
    order by read_at > clock_timestamp() - p_age,
             case when read_at <= clock_timestamp() - p_age then read_at end desc, read_at
    limit 1
  ) r
  cross join jsonb_to_recordset(r.samples) s (name text, labels jsonb, value double precision)
  where s.name = p_name
$$;
comment on function pipeline_internal.metric_snapshot is
  'The series of a metric now, or p_age ago: `metric` and `metric offset …` of PromQL.';

create function pipeline_internal.metric_delta(p_name text, p_window interval)
returns table (labels jsonb, value double precision)
language sql stable set search_path = '' as $$
  -- A new series began at zero.
  select labels, n.value - coalesce(o.value, 0)
  from pipeline_internal.metric_snapshot(p_name) n
  left join pipeline_internal.metric_snapshot(p_name, p_window) o using (labels)
$$;
comment on function pipeline_internal.metric_delta is
  'The change of each series of a metric: `increase` of a counter, `delta` of a gauge.';

create function pipeline_internal.metric_quantile(
  p_name text, p_quantile double precision, p_label text, p_window interval
) returns table (subject text, value double precision)
language sql stable set search_path = '' as $$
  with buckets as (
    select labels ->> p_label as subject, replace(labels ->> 'le', '+Inf', 'Infinity')::double precision as bound,
           sum(value) as up_to
    from pipeline_internal.metric_delta(p_name || '_bucket', p_window)
    group by 1, 2
  ), spans as (
    select *, lag(bound, 1, 0) over life as above, lag(up_to, 1, 0) over life as before,
           p_quantile * max(up_to) over (partition by subject) as rank
    from buckets
    window life as (partition by subject order by bound)
  )
  select distinct on (subject) subject,
         case when bound = 'Infinity' then above else above + (bound - above) * (rank - before) / (up_to - before) end
  from spans
  where up_to >= rank and up_to > before
  order by subject, bound
$$;
comment on function pipeline_internal.metric_quantile is
  '`histogram_quantile` of the observations within the window, for each value of a label; no row without observations.';

create function pipeline_internal.evaluate_rule(p_rule pipeline_internal.alert_rules) returns void
language plpgsql set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  execute format(
    $q$
      insert into pipeline_internal.alert_states as w (rule, subject, value, measured_at, breached_since, ok_since)
      select $1, m.subject, m.value, $2,
             case when m.value > $3 then $2 end, case when (m.value > $3) is not true then $2 end
      from (%s) m (subject, value)
      on conflict (rule, subject) do update
      set value = excluded.value, measured_at = excluded.measured_at,
          breached_since = case when excluded.breached_since is not null then coalesce(w.breached_since, $2) end,
          ok_since = case when excluded.ok_since is not null then coalesce(w.ok_since, $2) end
    $q$, p_rule.query) using p_rule.rule, v_now, p_rule.threshold;
  update pipeline_internal.alert_states
  set value = null, breached_since = null, ok_since = coalesce(ok_since, v_now), measured_at = v_now
  where rule = p_rule.rule and measured_at < v_now;
end $$;
comment on function pipeline_internal.evaluate_rule is
  'Runs the rule''s query, and stores for each subject since when it has breached the rule or been ok.';

create function pipeline_internal.notify_alert(p_type text, p_alert pipeline_internal.alerts) returns void
language sql set search_path = '' as $$
  select pipeline_internal.notify(
    p_type, jsonb_strip_nulls(to_jsonb(p_alert)),
    case p_type when 'alert.closed' then 'Closed: ' else initcap((p_alert).severity) || ': ' end || (p_alert).summary)
$$;

create function pipeline_internal.evaluate_alerts() returns table (opened bigint, closed bigint)
language plpgsql set search_path = '' as $$
declare
  v_rule pipeline_internal.alert_rules;
  v_alert pipeline_internal.alerts;
  v_began_at timestamptz;
  v_error text;
begin
  -- Serializes evaluations; a concurrent one would find nothing new.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));
  v_began_at := clock_timestamp();

  begin
    perform pipeline_internal.take_metric_snapshot();
  exception when others then
    -- With old metrics, rules would close alerts or never open one; so only the rule that reports this error is
    -- evaluated.
    v_error := 'cannot read the metrics: ' || sqlerrm;
    update pipeline_internal.alert_rules set last_error = v_error where is_enabled and rule <> 'PipelineRuleBroken';
  end;

  for v_rule in
    select * from pipeline_internal.alert_rules
    where is_enabled and (v_error is null or rule = 'PipelineRuleBroken')
    -- This rule looks at the errors of the others, so it comes last.
    order by rule = 'PipelineRuleBroken', rule
  loop
    begin
      perform pipeline_internal.evaluate_rule(v_rule);
      update pipeline_internal.alert_rules set last_error = null where rule = v_rule.rule and last_error is not null;
    exception when others then
      -- A rule that fails must not stop the others; the rule PipelineRuleBroken reports it.
      update pipeline_internal.alert_rules set last_error = sqlerrm where rule = v_rule.rule;
    end;
  end loop;

  opened := 0;
  for v_alert in
    insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value)
    select r.rule, w.subject, r.severity,
           replace(replace(replace(r.summary, '{subject}', w.subject), '{value}', round(w.value::numeric, 1)::text),
                   '{percent}', round(100 * w.value::numeric, 1) || ' %'),
           r.threshold, w.value, w.value
    from pipeline_internal.alert_states w
    join pipeline_internal.alert_rules r using (rule)
    where r.is_enabled and w.breached_since <= clock_timestamp() - make_interval(secs => r.for_seconds)
    order by r.rule, w.subject
    on conflict (rule, subject) where closed_at is null
      do update set worst_value = greatest(alerts.worst_value, excluded.worst_value)
    returning *
  loop
    -- An older row is an open alert that has been notified.
    if v_alert.opened_at >= v_began_at then
      perform pipeline_internal.notify_alert('alert.opened', v_alert);
      opened := opened + 1;
    end if;
  end loop;

  closed := 0;
  for v_alert in
    update pipeline_internal.alerts a set closed_at = clock_timestamp()
    where a.closed_at is null and not exists (
      select from pipeline_internal.alert_states w
      join pipeline_internal.alert_rules r using (rule)
      where r.rule = a.rule and w.subject = a.subject and r.is_enabled
        and coalesce(w.ok_since > clock_timestamp() - make_interval(secs => r.keep_firing_seconds), true))
    returning *
  loop
    perform pipeline_internal.notify_alert('alert.closed', v_alert);
    closed := closed + 1;
  end loop;
  return next;
end $$;
comment on function pipeline_internal.evaluate_alerts is
  'Evaluates every rule, opens an alert when a subject has breached its rule for long enough, and closes it when the '
  'subject has been ok for long enough. Notifies once when an alert opens and once when it closes.';

insert into pipeline_internal.alert_rules (
  rule, severity, threshold, for_seconds, keep_firing_seconds, summary, query
) values
  ('PipelineDocumentsFailing', 'critical', 0.05, 60, 300,
   '{percent} of the documents that ended in the last 15 minutes failed because of the pipeline.',
   $q$select '', f.failed / (f.given_up + c.completed)
      from (
        select sum(value) as given_up, sum(value) filter (where labels ->> 'error_class' <> 'document') as failed
        from pipeline_internal.metric_delta('pipeline_failures_total', '15 minutes')) f
      cross join (
        select sum(value) as completed from pipeline_internal.metric_delta('pipeline_documents_total', '15 minutes')
        where labels ->> 'status' = 'complete') c
      where f.failed > 3$q$),
  ('PipelineDeadLetterGrowing', 'warning', 5, 0, 900,
   'The dead letter grew by {value} documents within an hour because of the pipeline.',
   $q$select '', sum(value) from pipeline_internal.metric_delta('pipeline_dead_letter_jobs', '1 hour')
      where labels ->> 'error_class' <> 'document'$q$),
  ('PipelineRequestErrors', 'critical', 0.05, 120, 300,
   '{percent} of the requests to {subject} fail.',
   $q$select labels ->> 'function', sum(value) filter (where labels ->> 'status' like '5__') / sum(value)
      from pipeline_internal.metric_delta('pipeline_requests_total', '5 minutes')
      group by 1 having sum(value) > 20$q$),
  ('PipelineRequestsSlow', 'critical', 30, 300, 300,
   'One request in twenty to {subject} takes {value} seconds or longer.',
   $q$select * from pipeline_internal.metric_quantile(
        'pipeline_request_duration_seconds', 0.95, 'function', '5 minutes')$q$),
  ('PipelineStageSlow', 'warning', 30, 300, 300,
   'One document in twenty takes {value} seconds or longer at {subject}.',
   $q$select * from pipeline_internal.metric_quantile('pipeline_stage_duration_seconds', 0.95, 'stage', '15 minutes')
      -- The pipeline's own work only: parse includes the wait in the user queue, and fetch_result the parser's time.
      where subject in ('chunk', 'embed')$q$),
  ('PipelineQueueOld', 'critical', 300, 60, 60,
   'The oldest due message of {subject} has waited for {value} seconds.',
   $q$select labels ->> 'stage', value
      from pipeline_internal.metric_snapshot('pipeline_queue_oldest_message_seconds')$q$),
  ('PipelineJobsStuck', 'critical', 900, 60, 60,
   'A document at {subject} has made no progress for {value} seconds without a reason to wait.',
   $q$select labels ->> 'stage', value from pipeline_internal.metric_snapshot('pipeline_oldest_idle_job_seconds')$q$),
  ('PipelineMessagesLost', 'critical', 0, 120, 60,
   '{value} documents have no message in a queue, and the reconciler has not sent one.',
   $q$select '', value from pipeline_internal.metric_snapshot('pipeline_messages_lost')$q$),
  ('PipelineCircuitOpen', 'critical', 0, 60, 60,
   'The circuit of {subject} is open: it fails, throttles, or its credit is exhausted.',
   $q$select labels ->> 'provider', value from pipeline_internal.metric_snapshot('pipeline_provider_circuit_open')$q$),
  ('PipelineWebhooksSilent', 'warning', 3, 300, 0,
   'LlamaParse finished {value} documents in half an hour and sent no callback.',
   $q$select '', sum(value) from pipeline_internal.metric_delta('pipeline_stage_duration_seconds_count', '30 minutes')
      where labels ->> 'stage' = 'fetch_result' and not exists (
        select from pipeline_internal.metric_delta('pipeline_requests_total', '30 minutes')
        where labels ->> 'function' = 'webhook' and labels ->> 'method' = 'POST' and labels ->> 'status' like '2__'
          and value > 0)$q$),
  ('PipelineConnectionsHigh', 'critical', 0.8, 60, 120,
   '{percent} of the database''s connections are in use.',
   $q$select '', c.value / a.value
      from pipeline_internal.metric_snapshot('pipeline_connections') c
      cross join pipeline_internal.metric_snapshot('pipeline_connections_limit') a$q$),
  ('PipelineWorkersSilent', 'critical', 0.001, 300, 900,
   '{percent} of the calls to the workers were not answered in the last hour.',
   $q$select '', u.value / nullif(c.value, 0)
      from pipeline_internal.metric_snapshot('pipeline_worker_calls_unanswered') u
      cross join pipeline_internal.metric_snapshot('pipeline_worker_calls') c
      where u.value > 3$q$),
  ('PipelineRateLimitStorm', 'warning', 100, 60, 300,
   'Rate limits refused {value} requests to {subject} within 5 minutes.',
   $q$select labels ->> 'route', sum(value) from pipeline_internal.metric_delta('pipeline_requests_total', '5 minutes')
      where labels ->> 'status' = '429' group by 1$q$),
  ('PipelineSignInsFailing', 'warning', 1, 0, 300,
   'Wrong passwords for the {subject} within 15 minutes: {value} times the tolerated number.',
   $q$select labels ->> 'scope', value / case labels ->> 'scope' when 'account' then 15 else 300 end
      from pipeline_internal.metric_snapshot('pipeline_failed_sign_ins')$q$),
  ('PipelineBudgetNearlySpent', 'warning', 0.8, 0, 300,
   '{percent} of the project''s budget of this month is spent.',
   $q$select '', c.spent / nullif(b.value, 0)
      from (select sum(value) as spent from pipeline_internal.metric_snapshot('pipeline_month_to_date_cost_cents')) c
      cross join pipeline_internal.metric_snapshot('pipeline_monthly_budget_cents') b$q$),
  ('PipelineNotificationsGivenUp', 'warning', 0, 0, 300,
   '{value} notifications to the endpoint {subject} were given up within an hour.',
   $q$select labels ->> 'endpoint', value from pipeline_internal.metric_snapshot('pipeline_notifications_given_up')$q$),
  ('PipelineSchedulesSilent', 'critical', 60, 60, 60,
   'The sweeper has not run for {value} seconds.',
   $q$select '', value from pipeline_internal.metric_snapshot('pipeline_schedule_last_success_age_seconds')
      where labels ->> 'schedule' = 'pipeline-sweep'$q$),
  ('PipelineSchedulesFailing', 'critical', 2, 60, 300,
   'The schedule {subject} has failed {value} times in the last 10 minutes.',
   $q$select labels ->> 'schedule', value from pipeline_internal.metric_snapshot('pipeline_schedule_failures')$q$),
  ('PipelineCountersBehind', 'warning', 10000, 600, 300,
   '{value} events are not counted yet: alerts that count documents are late.',
   $q$select '', value from pipeline_internal.metric_snapshot('pipeline_events_uncounted')$q$),
  ('PipelineRuleBroken', 'warning', 0, 0, 0,
   'The rule {subject} cannot be evaluated: see last_error in pipeline_internal.alert_rules.',
   $q$select rule, 1 from pipeline_internal.alert_rules where is_enabled and last_error is not null$q$);

select cron.schedule('pipeline-alerts', '30 seconds', 'select pipeline_internal.evaluate_alerts()');

revoke execute on all functions in schema pipeline_internal from public, anon, authenticated, service_role;
