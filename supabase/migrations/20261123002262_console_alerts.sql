-- The console's alerts: what is open, what was, and the rules.

create function pipeline_console.alert_summary() returns table (
  critical_count bigint, warning_count bigint, evaluated_at timestamptz, read_at timestamptz, disabled_rules text[],
  broken_rules text[])
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select (select count(*) from pipeline_internal.alerts a where a.closed_at is null and a.severity = 'critical'),
         (select count(*) from pipeline_internal.alerts a where a.closed_at is null and a.severity = 'warning'),
         (select max(s.read_at) from pipeline_internal.metric_snapshots s), clock_timestamp(),
         array(select r.rule from pipeline_internal.alert_rules r where not r.is_enabled order by 1),
         array(select r.rule from pipeline_internal.alert_rules r
               where r.is_enabled and r.last_error is not null order by 1);
end $$;
comment on function pipeline_console.alert_summary is
  'The number of open alerts; when the rules were evaluated last, null after a crash of the database until they are '
  'again; the present time; and the rules that are disabled, and those whose evaluation failed. '
  '@nullable evaluated_at';
select pipeline_internal.open_to_console('pipeline_console.alert_summary');

create function pipeline_console.alerts(
  p_is_open boolean default null, p_rule text default null, p_severity text default null,
  p_before_at timestamptz default null, p_before_id uuid default null, p_limit int default 50
) returns table (
  alert_id uuid, rule text, subject text, severity text, summary text, threshold double precision,
  value double precision, worst_value double precision, current_value double precision, opened_at timestamptz,
  closed_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select a.alert_id, a.rule, a.subject, a.severity, a.summary, a.threshold, a.value, a.worst_value,
         case when a.closed_at is null then s.value end, a.opened_at, a.closed_at
  from pipeline_internal.alerts a
  left join pipeline_internal.alert_states s on s.rule = a.rule and s.subject = a.subject
  where (p_is_open is null or (a.closed_at is null) = p_is_open)
    and (p_rule is null or a.rule = p_rule) and (p_severity is null or a.severity = p_severity)
    and (a.opened_at, a.alert_id)
        < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  order by a.opened_at desc, a.alert_id desc
  limit least(greatest(coalesce(p_limit, 50), 1), 200);
end $$;
comment on function pipeline_console.alerts is
  'Alerts, the latest first: open ones, closed ones or all. Threshold and value are those when it opened; the current '
  'value is that of the last evaluation. @nullable current_value, closed_at';
select pipeline_internal.open_to_console('pipeline_console.alerts');

create function pipeline_console.alert_rules() returns table (
  rule text, severity text, summary text, threshold double precision, for_seconds int, keep_firing_seconds int,
  is_enabled boolean, last_error text, is_open boolean, opened_30d bigint, last_opened_at timestamptz,
  highest_value double precision)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select r.rule, r.severity, r.summary, r.threshold, r.for_seconds, r.keep_firing_seconds, r.is_enabled, r.last_error,
         coalesce(a.is_open, false), coalesce(a.opened, 0), a.last_opened_at,
         case when r.is_enabled then s.value end
  from pipeline_internal.alert_rules r
  left join (
    select a.rule, bool_or(a.closed_at is null) as is_open, max(a.opened_at) as last_opened_at,
           count(*) filter (where a.opened_at > now() - interval '30 days') as opened
    from pipeline_internal.alerts a group by a.rule) a using (rule)
  left join (
    select s.rule, max(s.value) as value from pipeline_internal.alert_states s group by s.rule) s using (rule)
  order by r.severity, r.rule;
end $$;
comment on function pipeline_console.alert_rules is
  'The rules with their thresholds and times, how often each opened an alert within 30 days, and the highest value of '
  'the last evaluation. @nullable last_error, last_opened_at, highest_value';
select pipeline_internal.open_to_console('pipeline_console.alert_rules');

create function pipeline_console.change_alert_rule(
  p_rule text, p_threshold double precision default null, p_is_enabled boolean default null
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  if p_threshold in ('NaN', 'Infinity', '-Infinity') then
    raise exception 'The threshold must be a number.' using errcode = 'invalid_parameter_value';
  end if;
  -- The audit entry is that of every changed setting; it names the operator.
  update pipeline_internal.alert_rules r
  set threshold = coalesce(p_threshold, r.threshold), is_enabled = coalesce(p_is_enabled, r.is_enabled)
  where r.rule = p_rule;
  if not found then
    raise exception 'Unknown rule: %.', coalesce(p_rule, 'null') using errcode = 'no_data_found';
  end if;
end $$;
comment on function pipeline_console.change_alert_rule is
  'Changes the threshold of a rule, or enables or disables it; null keeps what is. The next evaluation, within half a '
  'minute, opens and closes alerts accordingly. @throws no_data_found for an unknown rule, invalid_parameter_value for '
  'a threshold that is no number.';
select pipeline_internal.open_to_console('pipeline_console.change_alert_rule');
