-- The console's screens of the engine: stages, providers, schedules and tables.

create view pipeline_monitoring.stages as
select s.stage, row_number() over (order by e.total_pct, s.stage) as position, s.provider, s.next_stage, s.paused_at,
       s.paused_because, s.slots, s.batch, s.max_invocations, s.lease_seconds, s.max_attempts
from pipeline_internal.stages s
join upload_pipeline.statuses e on e.status = s.entry_status;
comment on view pipeline_monitoring.stages is
  'The stages in the order in which documents pass them: pause, concurrency, lease and attempts.';
grant select on pipeline_monitoring.stages to pipeline_monitoring, service_role;

create function pipeline_console.stages(p_time_window text default '1 hour')
returns table (
  stage text, "position" bigint, provider text, next_stage text, is_circuit_open boolean, paused_at timestamptz,
  paused_because text, due_count bigint, working_count bigint, postponed_count bigint, oldest_due_seconds numeric,
  running_count bigint, max_invocations smallint, slots smallint, batch smallint, lease_seconds real,
  max_attempts smallint, transition_count bigint, per_minute numeric, p50_seconds numeric, p95_seconds numeric
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select s.stage, s.position, s.provider, s.next_stage, coalesce(q.is_circuit_open, false), s.paused_at,
      s.paused_because, q.due_count,
           q.working_count, q.postponed_count, q.oldest_due_seconds, q.running_count, s.max_invocations, s.slots,
           s.batch, s.lease_seconds, s.max_attempts, l.transition_count, l.per_minute, l.p50_seconds, l.p95_seconds
    from pipeline_monitoring.stages s
    join pipeline_monitoring.queues q using (stage)
    left join pipeline_monitoring.stage_latency l on l.stage = s.stage and l.time_window = p_time_window
    order by s.position;
end $$;
comment on function pipeline_console.stages is
  'Each stage in order: its queue, its runs, its pause, and its throughput within 5 minutes, 1 hour or 24 hours '
  '(p_time_window). What is claimed fills slots times max_invocations. '
  '@nullable provider, next_stage, paused_at, paused_because, transition_count, per_minute, p50_seconds, p95_seconds.';
select pipeline_internal.open_to_console('pipeline_console.stages', p_reads_monitoring => true);

create function pipeline_console.stage_errors(p_time_window text default '1 hour')
returns table (stage text, type text, code text, event_count bigint, last_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select e.stage, e.type, e.code, e.event_count, e.last_at
    from pipeline_monitoring.errors e
    where e.time_window = p_time_window and e.stage is not null
    order by e.stage, e.event_count desc, e.code
    limit 200;
end $$;
comment on function pipeline_console.stage_errors is
  'The attempts of each stage that failed, by error code: retried (retry), waiting for a provider (pause), or given up '
  '(failure). '
  '@nullable code.';
select pipeline_internal.open_to_console('pipeline_console.stage_errors', p_reads_monitoring => true);

create function pipeline_console.stage_runs()
returns table (stage text, ending text, run_count bigint, settled_count bigint, average_start_seconds numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select r.stage, r.ending, r.run_count, coalesce(r.settled_count, 0), r.average_start_seconds
    from pipeline_monitoring.runs r order by r.stage, r.run_count desc;
end $$;
comment on function pipeline_console.stage_runs is 'The runs of each stage in the last hour, by how they ended. '
  '@nullable average_start_seconds.';
select pipeline_internal.open_to_console('pipeline_console.stage_runs', p_reads_monitoring => true);

create function pipeline_console.pause_stage(p_stage text, p_reason text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_stage pipeline_internal.stages;
begin
  perform pipeline_access.require_console_role('operator');
  if coalesce(btrim(p_reason), '') = '' then
    raise exception 'A pause needs a reason.' using
      errcode = 'invalid_parameter_value', hint = 'Others read it: operators, and who asks why a document waits.';
  end if;
  select * into v_stage from pipeline_internal.stages s where s.stage = p_stage for update;
  if not found then
    raise exception 'Unknown stage: %.', coalesce(p_stage, 'null') using errcode = 'invalid_parameter_value';
  elsif v_stage.paused_at is not null then
    raise exception '% is already paused: %', p_stage, v_stage.paused_because using
      errcode = 'PT409', hint = 'Resume it first to give another reason.';
  end if;
  perform pipeline_internal.pause_stage(p_stage, btrim(p_reason));
  perform pipeline_internal.record_console_act(
    'pause_stage', p_details => jsonb_build_object('stage', p_stage, 'reason', btrim(p_reason)));
end $$;
comment on function pipeline_console.pause_stage is
  'Pauses a stage, see pipeline_internal.pause_stage. @throws invalid_parameter_value for an unknown stage or without '
  'a reason; PT409 if it is paused.';
select pipeline_internal.open_to_console('pipeline_console.pause_stage');

create function pipeline_console.resume_stage(p_stage text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  if not pipeline_internal.resume_stage(p_stage) then
    raise exception '% is not paused.', coalesce(p_stage, 'null') using errcode = 'PT409';
  end if;
  perform pipeline_internal.record_console_act('resume_stage', p_details => jsonb_build_object('stage', p_stage));
end $$;
comment on function pipeline_console.resume_stage is
  'Ends the pause of a stage, see pipeline_internal.resume_stage. @throws PT409 if it is not paused.';
select pipeline_internal.open_to_console('pipeline_console.resume_stage');

create function pipeline_console.providers()
returns table (
  provider text, circuit text, opened_at timestamptz, probe_at timestamptz, fault text, fault_count int,
  failure_count int, code text, message text, requests_per_minute real, request_burst real, request_level numeric,
  tokens_per_minute real, token_burst real, token_level numeric, stages text[], paused_stages text[],
  due_count numeric, postponed_count numeric, read_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select p.provider, p.circuit, p.opened_at, p.probe_at, p.fault, p.fault_count, p.failure_count, p.code, p.message,
           p.requests_per_minute, p.request_burst, p.request_level, p.tokens_per_minute, p.token_burst, p.token_level,
           coalesce(s.stages, '{}'), coalesce(s.paused_stages, '{}'), coalesce(s.due_count, 0),
           coalesce(s.postponed_count, 0), clock_timestamp()
    from pipeline_monitoring.providers p
    left join (
      select s.provider, array_agg(s.stage order by s.position) as stages,
             array_agg(s.stage order by s.position) filter (where s.paused_at is not null) as paused_stages,
             sum(q.due_count) as due_count, sum(q.postponed_count) as postponed_count
      from pipeline_monitoring.stages s
      join pipeline_monitoring.queues q using (stage)
      group by s.provider) s using (provider)
    order by p.provider;
end $$;
comment on function pipeline_console.providers is
  'Each provider: its circuit, its rates and what its buckets hold at read_at, the stages that call it, and their '
  'messages that are due or postponed. '
  '@nullable opened_at, probe_at, fault, code, message.';
select pipeline_internal.open_to_console('pipeline_console.providers', p_reads_monitoring => true);

create function pipeline_console.probe_provider(p_provider text) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  v_provider pipeline_internal.providers;
  v_due_count bigint;
begin
  perform pipeline_access.require_console_role('operator');
  select * into v_provider from pipeline_internal.providers p where p.provider = p_provider;
  if not found then
    raise exception 'Unknown provider: %.', coalesce(p_provider, 'null') using errcode = 'invalid_parameter_value';
  elsif v_provider.opened_at is null then
    raise exception 'The circuit of % is closed.', p_provider using
      errcode = 'PT409', hint = 'Workers call it already: there is nothing to probe.';
  end if;
  v_due_count := pipeline_internal.probe_provider(p_provider);
  perform pipeline_internal.record_console_act(
    'probe_provider', p_details => jsonb_build_object('provider', p_provider, 'made_due', v_due_count));
  return v_due_count;
end $$;
comment on function pipeline_console.probe_provider is
  'Sends the half-open probe at once, see pipeline_internal.probe_provider, and returns the number of jobs that it '
  'made due. @throws invalid_parameter_value for an unknown provider; PT409 if its circuit is closed.';
select pipeline_internal.open_to_console('pipeline_console.probe_provider');

create function pipeline_console.schedules()
returns table (
  schedule text, timing text, is_active boolean, is_running boolean, last_started_at timestamptz,
  last_success_at timestamptz, last_seconds double precision, p95_seconds_1h double precision, runs_1h bigint,
  failures_1h bigint, last_failure text, last_failure_at timestamptz, read_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select s.schedule, s.timing, s.is_active, s.is_running, s.last_started_at, s.last_success_at, s.last_seconds,
           s.p95_seconds_1h, s.runs_1h, s.failures_1h, s.last_failure, s.last_failure_at, clock_timestamp()
    from pipeline_monitoring.schedules s order by s.schedule;
end $$;
comment on function pipeline_console.schedules is 'The schedules of the pipeline (pg_cron) and their latest runs. '
  '@nullable last_started_at, last_success_at, last_seconds, p95_seconds_1h, last_failure, last_failure_at.';
select pipeline_internal.open_to_console('pipeline_console.schedules', p_reads_monitoring => true);

create function pipeline_console.database_calls()
returns table (
  waiting_count bigint, oldest_waiting_seconds double precision, answered_count bigint, refused_count bigint,
  unanswered_count bigint, last_answer_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select c.waiting_count, c.oldest_waiting_seconds, c.answered_count, c.refused_count, c.unanswered_count,
           c.last_answer_at
    from pipeline_monitoring.database_calls c;
end $$;
comment on function pipeline_console.database_calls is
  'The calls by which the database wakes workers (pg_net): waiting now, and their results in the last hour. '
  '@nullable oldest_waiting_seconds, last_answer_at.';
select pipeline_internal.open_to_console('pipeline_console.database_calls', p_reads_monitoring => true);

create function pipeline_console.failed_database_calls()
returns table (call_id bigint, answered_at timestamptz, status_code int, timed_out boolean, message text)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select c.call_id, c.answered_at, c.status_code, c.timed_out, c.message
    from pipeline_monitoring.failed_database_calls c order by c.answered_at desc, c.call_id desc limit 50;
end $$;
comment on function pipeline_console.failed_database_calls is
  'The latest calls of the last hour that a worker refused or did not answer. '
  '@nullable status_code, timed_out.';
select pipeline_internal.open_to_console('pipeline_console.failed_database_calls', p_reads_monitoring => true);

create function pipeline_console.tables()
returns table (
  table_name text, table_bytes bigint, index_bytes bigint, estimated_rows bigint, dead_rows bigint,
  vacuum_threshold bigint, bloat_bytes bigint, last_vacuum_at timestamptz, last_autovacuum_at timestamptz,
  last_analyze_at timestamptz, age_transactions int
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select t.table_name, t.table_bytes, t.index_bytes, t.estimated_rows, t.dead_rows, t.vacuum_threshold, t.bloat_bytes,
           t.last_vacuum_at, t.last_autovacuum_at, t.last_analyze_at, t.age_transactions
    from pipeline_monitoring.tables t order by t.table_bytes + t.index_bytes desc, t.table_name limit 500;
end $$;
comment on function pipeline_console.tables is 'The tables of the pipeline, the largest first. '
  '@nullable dead_rows, bloat_bytes, last_vacuum_at, last_autovacuum_at, last_analyze_at.';
select pipeline_internal.open_to_console('pipeline_console.tables', p_reads_monitoring => true);

create function pipeline_console.vacuum_blockers()
returns table (
  kind text, name text, role text, state text, since timestamptz, age_transactions bigint, retained_bytes bigint,
  remedy text, read_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select b.kind, b.name, b.role, b.state, b.since, b.age_transactions, b.retained_bytes, b.remedy, clock_timestamp()
    from pipeline_monitoring.vacuum_blockers() b limit 50;
end $$;
comment on function pipeline_console.vacuum_blockers is
  'What keeps vacuum from removing dead rows, the oldest first, and what to do. '
  '@nullable role, state, since, age_transactions, retained_bytes.';
select pipeline_internal.open_to_console('pipeline_console.vacuum_blockers', p_reads_monitoring => true);

create function pipeline_console.connections()
returns table (role text, connection_count bigint, used_count numeric, allowed_count int)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select c.role::text, c.connection_count, c.used_count, c.allowed_count
    from pipeline_monitoring.connections c order by c.connection_count desc, c.role;
end $$;
comment on function pipeline_console.connections is 'The connections of each role, and how many the database allows.';
select pipeline_internal.open_to_console('pipeline_console.connections', p_reads_monitoring => true);
