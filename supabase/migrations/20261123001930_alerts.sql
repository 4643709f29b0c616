-- Being told without Prometheus. What is measured, and how much of it is too much, are rows; pg_cron looks twice a minute,
-- and whoever wants to know is told when something begins and when it is over.

create table pipeline_internal.alert_rules (
  rule text primary key check (rule ~ '^[a-z_]+$'),
  severity text not null check (severity in ('warning', 'critical')),
  -- For people; {subject} and {value} stand for what was measured.
  summary text not null,
  -- A query of (subject text, value): the rule is broken by each subject whose value is greater than the threshold. One that
  -- is not in the answer, or whose value is null, keeps to the rule.
  query text not null,
  threshold double precision not null,
  -- How long it must have been broken before that is told, and kept again before it is over.
  for_seconds int not null check (for_seconds >= 0),
  keep_seconds int not null check (keep_seconds >= 0),
  is_enabled boolean not null default true,
  -- Why it could not be measured when that was last tried.
  last_error text
);
comment on table pipeline_internal.alert_rules is
  'What operators want to be told of. Change a threshold, switch a rule off, or add one of your own: it runs with the owner''s rights.';

create table pipeline_internal.alert_watches (
  rule text not null references pipeline_internal.alert_rules on delete cascade,
  subject text not null,
  value double precision,
  measured_at timestamptz not null,
  -- Since when the rule has been broken, or kept.
  broken_since timestamptz,
  kept_since timestamptz,
  primary key (rule, subject),
  constraint broken_or_kept check ((broken_since is null) <> (kept_since is null))
);
comment on table pipeline_internal.alert_watches is 'What was measured last, and since when it has been so.';

create table pipeline_internal.alerts (
  alert_id uuid primary key default gen_random_uuid(),
  rule text not null,
  subject text not null,
  severity text not null,
  summary text not null,
  threshold double precision not null,
  -- When it opened, and the worst since.
  value double precision not null,
  worst_value double precision not null,
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz
);
comment on table pipeline_internal.alerts is 'What was wrong, from when to when. Open: closed_at is null.';
create unique index alerts_open_idx on pipeline_internal.alerts (rule, subject) where closed_at is null;
create index alerts_opened_at_idx on pipeline_internal.alerts (opened_at);

alter table pipeline_internal.alert_rules enable row level security;
alter table pipeline_internal.alert_watches enable row level security;
alter table pipeline_internal.alerts enable row level security;

create function pipeline_internal.is_documents_fault(p_code text) returns boolean
language sql immutable set search_path = '' as $$
  select p_code in (
    'DOCUMENT_TOO_LARGE', 'EMPTY_DOCUMENT', 'NO_DATA_FOUND_IN_FILE', 'NOT_A_PDF', 'PDF_IS_BROKEN', 'PDF_IS_PROTECTED',
    'SHA256_MISMATCH', 'SIZE_MISMATCH', 'TOO_MANY_PAGES', 'TYPE_MISMATCH', 'UNSUPPORTED_FILE_TYPE')
$$;
comment on function pipeline_internal.is_documents_fault is
  'Whether a failure says something of the document, and nothing of the pipeline.';

-- What has happened in the last minutes is found without reading the rest; events come in the order of their time.
create index events_created_at_idx on upload_pipeline.events using brin (created_at) with (pages_per_range = 16, autosummarize = on);

create function pipeline_internal.measure(p_rule pipeline_internal.alert_rules) returns void
language plpgsql set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  execute format(
    $q$
      insert into pipeline_internal.alert_watches as w (rule, subject, value, measured_at, broken_since, kept_since)
      select $1, m.subject, m.value, $2,
             case when m.value > $3 then $2 end, case when (m.value > $3) is not true then $2 end
      from (%s) m (subject, value)
      on conflict (rule, subject) do update
      set value = excluded.value, measured_at = excluded.measured_at,
          broken_since = case when excluded.broken_since is not null then coalesce(w.broken_since, $2) end,
          kept_since = case when excluded.kept_since is not null then coalesce(w.kept_since, $2) end
    $q$, p_rule.query) using p_rule.rule, v_now, p_rule.threshold;
  update pipeline_internal.alert_watches
  set value = null, broken_since = null, kept_since = coalesce(kept_since, v_now), measured_at = v_now
  where rule = p_rule.rule and measured_at < v_now;
end $$;
comment on function pipeline_internal.measure is 'Asks the rule''s query and notes for each subject since when it breaks or keeps the rule.';

create function pipeline_internal.tell_of_alert(p_type text, p_alert pipeline_internal.alerts) returns void
language sql set search_path = '' as $$
  select pipeline_internal.announce(
    p_type, jsonb_strip_nulls(to_jsonb(p_alert)),
    case p_type when 'alert.closed' then 'Over: ' else initcap((p_alert).severity) || ': ' end || (p_alert).summary)
$$;

create function pipeline_internal.evaluate_alerts() returns table (opened bigint, closed bigint)
language plpgsql set search_path = '' as $$
declare
  v_rule pipeline_internal.alert_rules;
  v_alert pipeline_internal.alerts;
  v_began_at timestamptz;
begin
  -- One at a time: the second would find nothing that the first has not.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));
  v_began_at := clock_timestamp();

  for v_rule in select * from pipeline_internal.alert_rules where is_enabled order by rule loop
    begin
      perform pipeline_internal.measure(v_rule);
      update pipeline_internal.alert_rules set last_error = null where rule = v_rule.rule and last_error is not null;
    exception when others then
      -- One rule that cannot be measured must not keep the others from being; the rule alert_rule_broken tells of it.
      update pipeline_internal.alert_rules set last_error = sqlerrm where rule = v_rule.rule;
    end;
  end loop;

  opened := 0;
  for v_alert in
    insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value)
    select r.rule, w.subject, r.severity,
           replace(replace(r.summary, '{subject}', w.subject), '{value}', round(w.value::numeric, 1)::text),
           r.threshold, w.value, w.value
    from pipeline_internal.alert_watches w
    join pipeline_internal.alert_rules r using (rule)
    where r.is_enabled and w.broken_since <= clock_timestamp() - make_interval(secs => r.for_seconds)
    order by r.rule, w.subject
    on conflict (rule, subject) where closed_at is null
      do update set worst_value = greatest(alerts.worst_value, excluded.worst_value)
    returning *
  loop
    -- A row that was there already has been told of.
    if v_alert.opened_at >= v_began_at then
      perform pipeline_internal.tell_of_alert('alert.opened', v_alert);
      opened := opened + 1;
    end if;
  end loop;

  closed := 0;
  for v_alert in
    update pipeline_internal.alerts a set closed_at = clock_timestamp()
    where a.closed_at is null and not exists (
      select from pipeline_internal.alert_watches w
      join pipeline_internal.alert_rules r using (rule)
      where r.rule = a.rule and w.subject = a.subject and r.is_enabled
        and coalesce(w.kept_since > clock_timestamp() - make_interval(secs => r.keep_seconds), true))
    returning *
  loop
    perform pipeline_internal.tell_of_alert('alert.closed', v_alert);
    closed := closed + 1;
  end loop;
  return next;
end $$;
comment on function pipeline_internal.evaluate_alerts is
  'Measures every rule, opens an alert where one has been broken for long enough and closes those whose rule has been kept for long enough. Each is told once at its beginning and once at its end.';

insert into pipeline_internal.alert_rules (rule, severity, threshold, for_seconds, keep_seconds, summary, query) values
  ('error_rate', 'critical', 5, 60, 300,
   '{value} % of the documents that ended in the last 15 minutes failed through no fault of their own.',
   $q$select '', 100.0 * count(*) filter (where type = 'failure' and not pipeline_internal.is_documents_fault(code)) / count(*)
      from upload_pipeline.events
      where created_at > clock_timestamp() - interval '15 minutes' and (type = 'failure' or status = 'complete')
      having count(*) >= 20$q$),
  ('slow_stage', 'warning', 30, 300, 300,
   'One document in twenty takes {value} seconds or longer in the step {subject}.',
   $q$select step, percentile_cont(0.95) within group (order by seconds)
      from (
        select lag(status) over life as step, extract(epoch from created_at - lag(created_at) over life) as seconds
        from upload_pipeline.events
        where created_at > clock_timestamp() - interval '15 minutes' and type = 'status'
        window life as (partition by job_id order by event_no)
      ) moves
      where step in ('parse_validated', 'chunking', 'embedding_queued', 'embedding_in_progress')
      group by step having count(*) >= 20$q$),
  ('queue_age', 'critical', 300, 60, 60,
   'Work that is due has waited for {value} seconds at the stage {subject}.',
   $q$select stage, extract(epoch from clock_timestamp() - min(coalesce(next_attempt_at, updated_at)))
      from upload_pipeline.upload_jobs
      where message_id is not null and state <> 'working'
        and coalesce(next_attempt_at, updated_at) <= clock_timestamp()
      group by stage$q$),
  ('stuck_jobs', 'critical', 0, 60, 60,
   '{value} documents have been in the hands of a worker for more than 15 minutes at the stage {subject}.',
   $q$select stage, count(*) from upload_pipeline.upload_jobs
      where message_id is not null and state = 'working' and claimed_at < clock_timestamp() - interval '15 minutes'
      group by stage$q$),
  ('dead_letter_growth', 'critical', 10, 0, 900,
   '{value} documents were given up in the last 15 minutes through no fault of their own.',
   $q$select '', count(*) from upload_pipeline.upload_jobs
      where state = 'deadletter' and finished_at > clock_timestamp() - interval '15 minutes'
        and not pipeline_internal.is_documents_fault(last_error ->> 'code')$q$),
  ('provider_circuit_open', 'critical', 60, 0, 60,
   '{subject} has not been asked for {value} seconds: its circuit is open.',
   $q$select provider, extract(epoch from clock_timestamp() - opened_at) from pipeline_internal.providers
      where opened_at is not null$q$),
  ('webhook_silence', 'warning', 5, 300, 0,
   '{value} documents were parsed within the hour, and LlamaParse has not called once.',
   $q$select '', count(*) from pipeline_internal.submissions
      where outcome = 'collected' and finished_at > clock_timestamp() - interval '1 hour'
        and not exists (
          select from pipeline_internal.deliveries where received_at > clock_timestamp() - interval '1 hour')
        -- Where it cannot reach us it never called.
        and exists (select from pipeline_internal.deliveries)$q$),
  ('connection_use', 'critical', 80, 60, 120,
   '{value} % of the database''s connections are in use.',
   $q$select '', 100.0 * count(*) / current_setting('max_connections')::int
      from pg_catalog.pg_stat_activity where backend_type = 'client backend'$q$),
  ('uptime', 'critical', 0.1, 300, 900,
   '{value} % of the calls to the workers were not answered in the last hour.',
   $q$select '', 100.0 * count(*) filter (where started_at is null and ended_by = 'lost') / count(*)
      from pipeline_internal.worker_runs where called_at > clock_timestamp() - interval '1 hour'
      having count(*) >= 20$q$),
  ('rate_limit_storm', 'warning', 10, 60, 300,
   '{value} callers have used up their {subject}.',
   $q$select kind, count(*)
      from pipeline_internal.allowances a
      cross join pipeline_internal.limits l
      cross join lateral split_part(a.key, ':', 1) kind
      where a.resets_at > clock_timestamp() and a.used_count >= case kind
        when 'requests' then l.requests_per_user_per_hour when 'polls' then l.status_polls_per_minute
        when 'sign-in' then l.sign_in_attempts_per_address when 'refresh' then l.sign_in_attempts_per_address end
      group by kind$q$),
  ('budget_nearly_spent', 'warning', 80, 0, 300,
   '{value} % of the project''s budget of this month is spent.',
   $q$select '', 100 * pipeline_internal.spent_cents() / nullif(monthly_budget_cents, 0)
      from pipeline_internal.limits where monthly_budget_cents is not null$q$),
  ('undelivered_webhooks', 'warning', 0, 0, 3600,
   '{value} messages to the endpoint {subject} were given up within the hour.',
   $q$select e.name, count(*) from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
      where o.given_up_at > clock_timestamp() - interval '1 hour' group by e.name$q$),
  ('cron_failing', 'critical', 2, 60, 300,
   'The cron job {subject} has failed {value} times in the last 10 minutes.',
   $q$select j.jobname, count(*) from cron.job_run_details d join cron.job j using (jobid)
      where d.status = 'failed' and d.end_time > clock_timestamp() - interval '10 minutes' group by j.jobname$q$),
  ('alert_rule_broken', 'warning', 0, 0, 0,
   'The rule {subject} cannot be measured: see last_error in pipeline_internal.alert_rules.',
   $q$select rule, 1 from pipeline_internal.alert_rules where last_error is not null$q$);

select cron.schedule('pipeline-alerts', '30 seconds', 'select pipeline_internal.evaluate_alerts()');

revoke execute on all functions in schema pipeline_internal from public;
