-- Views for operators: one view per question. The role pipeline_monitoring and the service role may read them; the
-- schema is not exposed to the Data API.

do $$
begin
  create role pipeline_monitoring nologin;
exception when duplicate_object then
  -- Roles belong to the whole cluster: another database, or this one before a reset, created it.
  null;
end $$;
grant pipeline_monitoring to postgres;

create schema pipeline_monitoring;
comment on schema pipeline_monitoring is
  'Views for operators: throughput, queues, failures, providers, webhooks, schedules, usage. Read-only, over all '
  'users; not exposed.';
revoke all on schema pipeline_monitoring from public;
grant usage on schema pipeline_monitoring to pipeline_monitoring, service_role;

-- The views run with the rights of their owner, which is the default of views, so their readers need no rights on the
-- tables of the engine and of users, and see only the selected columns. In an exposed schema this would bypass
-- row-level security; this schema is not exposed, and the users' roles have no grants on it. Functions that a view
-- calls run with the caller's rights, so the functions below are security definer, each for one thing that a view
-- cannot read itself.

-- Few documents have warnings, and few events are errors, which are queried by time.
create index documents_warned_idx on upload_pipeline.documents (updated_at) where warnings <> '[]';
create index events_errors_idx on upload_pipeline.events (created_at) where type <> 'status';
create index submissions_submitted_at_idx on pipeline_internal.submissions (submitted_at);

create view pipeline_internal.time_windows as
select time_window, length
from (values ('5 minutes', interval '5 minutes'), ('1 hour', interval '1 hour'), ('24 hours', interval '24 hours'))
  as w (time_window, length);

create view pipeline_monitoring.stage_latency as
with counted as (
  select w.time_window, m.stage, m.bucket, sum(m.transition_count) as transition_count
  from pipeline_internal.time_windows w
  join pipeline_internal.stage_transitions m on m.since > now() - w.length
  group by 1, 2, 3
), ranked as (
  select *, sum(transition_count) over (partition by time_window, stage order by bucket) as up_to,
         sum(transition_count) over (partition by time_window, stage) as total,
         -- The geometric middle of the bucket.
         round(power(1.1, bucket - 0.5)::numeric, 3) as seconds
  from counted
), quantiles as (
  select time_window, stage, max(total)::bigint as transition_count,
         min(seconds) filter (where up_to >= 0.50 * total) as p50_seconds,
         min(seconds) filter (where up_to >= 0.95 * total) as p95_seconds,
         min(seconds) filter (where up_to >= 0.99 * total) as p99_seconds
  from ranked
  group by 1, 2
)
select s.stage, w.time_window, coalesce(q.transition_count, 0) as transition_count,
       round(coalesce(q.transition_count, 0) / (extract(epoch from w.length) / 60), 2) as per_minute,
       q.p50_seconds, q.p95_seconds, q.p99_seconds
from pipeline_internal.time_windows w
cross join (select stage from pipeline_internal.stages union all select 'document') s
left join quantiles q using (time_window, stage);
comment on view pipeline_monitoring.stage_latency is
  'The transitions of each stage and their durations, from entering the stage to entering the next one, waiting and '
  'failed attempts included. Stage `document` is the whole time. Quantiles are accurate within 5 %, and some seconds '
  'behind.';

create function pipeline_monitoring.queue_depths()
returns table (stage text, message_count bigint, due_count bigint, oldest_due_seconds double precision)
language plpgsql stable security definer set search_path = '' as $$
begin
  for stage in select s.stage from pipeline_internal.stages s loop
    execute format(
      $q$
        select count(*), count(*) filter (where vt <= clock_timestamp()),
               coalesce(extract(epoch from clock_timestamp() - min(vt)), 0)
        from pgmq.%I
      $q$, 'q_' || stage)
      into message_count, due_count, oldest_due_seconds;
    oldest_due_seconds := greatest(oldest_due_seconds, 0);
    return next;
  end loop;
end $$;
comment on function pipeline_monitoring.queue_depths is
  'The depth of each stage''s queue. Runs as its owner: readers have no rights on the queues, and a view that names '
  'their tables would block pgmq''s upgrades.';

create function pipeline_monitoring.lost_messages() returns setof uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_stage text;
begin
  for v_stage in select s.stage from pipeline_internal.stages s loop
    return query execute format(
      $q$
        select j.job_id from upload_pipeline.upload_jobs j
        where j.stage = $1 and j.message_id is not null
          and not exists (select from pgmq.%I q where q.msg_id = j.message_id)
      $q$, 'q_' || v_stage) using v_stage;
  end loop;
end $$;
comment on function pipeline_monitoring.lost_messages is
  'Jobs whose message is missing from its queue; the reconciler sends a new one. Runs as its owner, like queue_depths.';

create view pipeline_monitoring.queues as
select q.stage, q.message_count, q.due_count, j.working_count,
       greatest(q.message_count - q.due_count - j.working_count, 0) as postponed_count,
       round(q.oldest_due_seconds::numeric, 1) as oldest_due_seconds,
       (select count(*) from pipeline_internal.worker_runs r
        where r.stage = q.stage and r.ended_at is null
          and r.heartbeat_at > now() - interval '30 seconds') as running_count,
       s.max_invocations, p.opened_at is not null as is_circuit_open, s.paused_at, s.paused_because
from pipeline_monitoring.queue_depths() q
join pipeline_internal.stages s using (stage)
left join pipeline_internal.providers p using (provider)
cross join lateral (
  select count(*) as working_count from upload_pipeline.upload_jobs
  where stage = q.stage and message_id is not null and state = 'working') j;
comment on view pipeline_monitoring.queues is
  'Each stage''s queue: messages that are due, being processed, and postponed (a retry, a pause, the next poll); the '
  'age of the oldest due message; the running invocations; and since when and why the stage is paused.';

create view pipeline_monitoring.history as
select make_interval(mins => step_minutes) as step, since, stage, transition_count, p50_seconds, p95_seconds,
       failed_count, registered_count, message_count, oldest_due_seconds
from pipeline_internal.history;
comment on view pipeline_monitoring.history is
  'Throughput, durations, failures and queues by time: the last hour by minutes, the last day by ten minutes, the last '
  'month by hours. Stage `document` is the whole way.';

create view pipeline_monitoring.jobs as
select status, state, coalesce(last_error ->> 'code', '') as code, coalesce(waiting_for, '') as waiting_for,
       user_queued_at is not null as is_user_queued, count(*) as job_count, min(updated_at) as oldest_update_at,
       count(*) filter (where is_isolated and message_id is not null) as isolated_count,
       sum(lost_count) as lost_attempts
from upload_pipeline.upload_jobs
group by 1, 2, 3, 4, 5;
comment on view pipeline_monitoring.jobs is
  'The number of jobs per status, state and error; how many of them are suspects, and how many attempts at their stage '
  'were lost.';

create view pipeline_monitoring.dead_letter as
select j.finished_at as given_up_at, j.last_error ->> 'stage' as stage, j.last_error ->> 'code' as code,
       j.last_error ->> 'message' as message, j.retry_count as failed_attempts, j.lost_count as lost_attempts,
       j.job_id, j.document_id, j.user_id, d.filename,
       format('select pipeline_internal.redrive(%L)', j.job_id) as to_redrive
from upload_pipeline.upload_jobs j
join upload_pipeline.documents d using (document_id)
where j.state = 'deadletter';
comment on view pipeline_monitoring.dead_letter is
  'The dead letter: each job''s error, and the statement that redrives it.';

create view pipeline_monitoring.document_warnings as
with warned as (
  select w.value ->> 'code' as code, d.document_id, j.job_id, d.user_id, d.filename, j.status, j.state, d.page_count,
         array(select p::int from jsonb_array_elements_text(w.value -> 'pages') p order by p::int) as pages,
         w.value ->> 'message' as message, d.updated_at
  from upload_pipeline.documents d
  join upload_pipeline.upload_jobs j using (document_id)
  cross join lateral jsonb_array_elements(d.warnings) w
  where d.warnings <> '[]'
), remedied as (
  select *,
         case
           when state <> 'done' then 'nothing until the document is complete again'
           when code = 'PAGES_UNREAD' then format(
             'have them parsed again, at a cost: as their owner with npm run pipeline -- reparse %s --pages unread '
             '(in SQL: select * from pipeline_internal.reparse_document(%L, %L, null, true, null))',
             document_id, user_id, document_id)
           when code = 'PAGES_EMPTY' then format(
             'if they are scans, have them parsed with OCR, at a cost: as their owner with '
             'npm run pipeline -- reparse %s --ocr '
             '(in SQL: select * from pipeline_internal.reparse_document(%L, %L, null, true, true))',
             document_id, user_id, document_id)
           else 'upload the document again with less text on these pages'
         end as remedy
  from warned
)
select code, document_id, job_id, user_id, filename, status, page_count, pages, message, remedy,
       format('%s is %s with a warning: %s (%s). %s: %s.', filename, status, message, code,
         case code when 'PAGES_CUT' then 'Its owner can mend it' else 'To do' end, remedy) as sentence,
       updated_at
from remedied;
comment on view pipeline_monitoring.document_warnings is
  'Documents with missing text: one row per warning, with its pages, a remedy, and both as a sentence.';

create view pipeline_monitoring.errors as
select w.time_window, e.type, e.stage, e.code, count(*) as event_count, max(e.created_at) as last_at
from pipeline_internal.time_windows w
join upload_pipeline.events e on e.created_at > now() - w.length and e.type in ('retry', 'pause', 'failure')
group by 1, 2, 3, 4;
comment on view pipeline_monitoring.errors is
  'Failed attempts that are retried (retry), waits for a provider (pause), and rejected jobs (failure), by error code.';

create view pipeline_monitoring.providers as
select p.provider, opened_at is not null as is_circuit_open, opened_at, probe_at, code, message, failure_count,
       round((100 * request_level / request_burst)::numeric, 1) as request_capacity_percent,
       round((100 * token_level / token_burst)::numeric, 1) as token_capacity_percent,
       case when opened_at is null then 'closed' when probe_at > clock_timestamp() then 'open' else 'half-open' end
         as circuit,
       fault, fault_count, requests_per_minute, request_burst, round(request_level::numeric, 2) as request_level,
       tokens_per_minute, token_burst, round(token_level::numeric, 2) as token_level
from (
  select provider, opened_at, probe_at, code, message, failure_count, fault, fault_count,
         requests_per_minute, request_burst, tokens_per_minute, token_burst,
         -- The same as pipeline_internal.refilled.
         least(request_burst, request_level + minutes * requests_per_minute) as request_level,
         least(token_burst, token_level + minutes * tokens_per_minute) as token_level
  from pipeline_internal.providers
  cross join lateral (
    select extract(epoch from clock_timestamp() - refilled_at)::double precision / 60 as minutes) passed) p;
comment on view pipeline_monitoring.providers is
  'Each provider''s rates, what its buckets hold now, and its circuit: closed, open or half-open, since when and why, '
  'and when the next probe is due. A negative level is a debt of the bucket.';

create view pipeline_monitoring.webhooks as
with submitted as materialized (
  select s.submitted_at, s.finished_at, d.received_at, extract(epoch from d.received_at - s.submitted_at) as seconds
  from pipeline_internal.submissions s
  left join lateral (
    -- The final callback.
    select min(d.received_at) as received_at from pipeline_internal.deliveries d
    where d.provider_job_id = s.provider_job_id and d.event_type not in ('parse.pending', 'parse.running')) d on true
  where s.submitted_at > now() - interval '1 hour'
)
select w.time_window, s.*,
       (select count(*) from pipeline_internal.deliveries where received_at > now() - w.length) as delivery_count,
       (select count(*) from pipeline_internal.audit_log
        where action = 'webhook_refused' and happened_at > now() - w.length) as refused_count,
       (select max(received_at) from pipeline_internal.deliveries) as last_delivery_at
from pipeline_internal.time_windows w
cross join lateral (
  select count(*) as submitted_count,
         count(*) filter (where received_at is null and finished_at is null) as awaited_count,
         count(*) filter (where received_at is null and finished_at is not null) as missing_count,
         count(*) filter (where received_at > finished_at) as late_count,
         round(percentile_cont(0.5) within group (order by seconds)::numeric, 1) as p50_seconds,
         round(percentile_cont(0.95) within group (order by seconds)::numeric, 1) as p95_seconds
  from submitted where submitted_at > now() - w.length) s
where w.length <= interval '1 hour';
comment on view pipeline_monitoring.webhooks is
  'LlamaParse''s callbacks: for how many submissions the final callback is awaited, never came (missing), or came '
  'after polling had fetched the result (late); the seconds from submission to callback; and refused calls.';

create function pipeline_monitoring.schedule_runs()
returns table (
  schedule text, timing text, is_active boolean, last_started_at timestamptz, last_success_at timestamptz,
  failures_10min bigint, failures_1h bigint, last_failure text, last_failure_at timestamptz, runs_1h bigint,
  last_seconds double precision, p95_seconds_1h double precision, is_running boolean
)
language sql stable security definer set search_path = '' as $$
  select j.jobname, j.schedule, j.active, r.last_started_at, r.last_success_at,
         coalesce(r.failures_10min, 0), coalesce(r.failures_1h, 0), f.return_message, f.start_time,
         coalesce(r.runs_1h, 0), l.seconds, r.p95_seconds_1h, coalesce(l.is_running, false)
  from cron.job j
  left join (
    select jobid, max(start_time) as last_started_at, max(runid) as last_runid,
           max(start_time) filter (where status = 'succeeded') as last_success_at,
           count(*) filter (where status = 'failed' and start_time > now() - interval '10 minutes') as failures_10min,
           count(*) filter (where status = 'failed' and start_time > now() - interval '1 hour') as failures_1h,
           count(*) filter (where start_time > now() - interval '1 hour') as runs_1h,
           percentile_cont(0.95) within group (order by extract(epoch from end_time - start_time))
             filter (where start_time > now() - interval '1 hour') as p95_seconds_1h,
           max(runid) filter (where status = 'failed') as last_failed_runid
    from cron.job_run_details group by jobid) r using (jobid)
  left join lateral (
    select extract(epoch from d.end_time - d.start_time)::double precision as seconds,
           d.status = 'running' as is_running
    from cron.job_run_details d where d.runid = r.last_runid) l on true
  left join cron.job_run_details f on f.runid = r.last_failed_runid
  where j.jobname like 'pipeline-%'
$$;
comment on function pipeline_monitoring.schedule_runs is
  'The runs of pg_cron. Runs as its owner: pg_cron shows each role only its own jobs.';

create view pipeline_monitoring.schedules as
select schedule, timing, is_active, last_started_at, last_success_at,
       round(extract(epoch from clock_timestamp() - last_success_at)) as seconds_since_success,
       failures_10min, failures_1h, last_failure, last_failure_at, runs_1h, last_seconds, p95_seconds_1h, is_running
from pipeline_monitoring.schedule_runs();
comment on view pipeline_monitoring.schedules is
  'Whether pg_cron runs the schedules of the pipeline: the latest runs, how long they took, and failures.';

create view pipeline_monitoring.database_calls as
select (select count(*) from net.http_request_queue) as waiting_count,
       count(*) filter (where r.status_code < 400) as answered_count,
       count(*) filter (where r.status_code >= 400) as refused_count,
       count(*) filter (where r.status_code is null) as unanswered_count,
       max(r.created) as last_answer_at,
       (array_agg(coalesce(r.error_msg, r.status_code || ': ' || left(r.content, 200)) order by r.created desc)
        filter (where r.status_code is null or r.status_code >= 400))[1] as last_failure,
       -- pg_net keeps no time of a call that waits; the runs of stages do.
       (select max(extract(epoch from clock_timestamp() - w.called_at)) from pipeline_internal.worker_runs w
        join net.http_request_queue q on q.id = w.request_id
        where w.ended_at is null and w.started_at is null)::double precision as oldest_waiting_seconds
from net._http_response r
where r.created > now() - interval '1 hour';
comment on view pipeline_monitoring.database_calls is
  'The results of the calls by which the database wakes workers (pg_net), in the last hour.';

create view pipeline_monitoring.failed_database_calls as
select r.id as call_id, r.created as answered_at, r.status_code, r.timed_out,
       coalesce(r.error_msg, left(r.content, 200), '') as message
from net._http_response r
where r.created > now() - interval '1 hour' and (r.status_code is null or r.status_code >= 400);
comment on view pipeline_monitoring.failed_database_calls is
  'The calls of workers (pg_net) in the last hour that were refused or not answered.';

create view pipeline_monitoring.runs as
select s.stage, coalesce(r.ended_by, case when r.started_at is null then 'called' else 'running' end) as ending,
       count(r.run_id) as run_count, sum(r.settled_count) as settled_count,
       round(avg(extract(epoch from r.started_at - r.called_at))::numeric, 3) as average_start_seconds
from pipeline_internal.stages s
join pipeline_internal.worker_runs r on r.stage = s.stage and r.called_at > now() - interval '1 hour'
group by 1, 2;
comment on view pipeline_monitoring.runs is
  'The runs of the last hour by how they ended: drained and budget are normal; lost runs died, and refused runs '
  'exceeded the limit.';

create view pipeline_monitoring.stored_files as
select f.kind, f.file_count, f.bytes,
       (select count(*) from pipeline_internal.file_cleanups) as awaiting_cleanup_count
from (
  select coalesce(substring(name from '^user/[^/]+/([^/]+)/'), 'other') as kind, count(*) as file_count,
         sum((metadata ->> 'size')::bigint) as bytes
  from storage.objects where bucket_id = 'files' group by 1) f;
comment on view pipeline_monitoring.stored_files is
  'The files in the bucket: originals, parsed text, and raw files that are not verified yet or came too late.';

create function pipeline_monitoring.table_statistics()
returns table (
  table_name text, table_bytes bigint, index_bytes bigint, estimated_rows bigint, dead_rows bigint,
  vacuum_threshold bigint, last_vacuum_at timestamptz, last_autovacuum_at timestamptz, last_analyze_at timestamptz,
  age_transactions int, bloat_bytes bigint
)
language sql stable security definer set search_path = '' as $$
  with sized as (
    select c.oid, n.nspname, c.relname, c.relpages, greatest(c.reltuples, 0)::double precision as row_count,
           age(c.relfrozenxid) as age_transactions,
           coalesce(
             (select o.option_value from pg_catalog.pg_options_to_table(c.reloptions) o
              where o.option_name = 'fillfactor')::double precision, 100) / 100 as fillfactor,
           (select jsonb_object_agg(o.option_name, o.option_value)
            from pg_catalog.pg_options_to_table(c.reloptions) o) as options
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('upload_pipeline', 'pipeline_internal', 'pgmq', 'cron', 'net')
  ), widths as (
    -- A row's header and its item pointer, and the columns as far as they were analysed.
    select s.schemaname, s.tablename, 28 + sum((1 - s.null_frac) * s.avg_width) as bytes
    from pg_catalog.pg_stats s
    where s.schemaname in ('upload_pipeline', 'pipeline_internal', 'pgmq', 'cron', 'net')
    group by 1, 2
  )
  select t.oid::regclass::text, pg_table_size(t.oid), pg_indexes_size(t.oid), t.row_count::bigint, s.n_dead_tup,
         (coalesce(t.options ->> 'autovacuum_vacuum_threshold', current_setting('autovacuum_vacuum_threshold'))::bigint
          + coalesce(t.options ->> 'autovacuum_vacuum_scale_factor',
                     current_setting('autovacuum_vacuum_scale_factor'))::double precision * t.row_count)::bigint,
         greatest(s.last_vacuum, s.last_autovacuum), s.last_autovacuum, greatest(s.last_analyze, s.last_autoanalyze),
         t.age_transactions,
         case when w.bytes is not null then greatest(0, (
           t.relpages - ceil(t.row_count * w.bytes / (8168 * t.fillfactor))) * 8192)::bigint end
  from sized t
  left join widths w on w.schemaname = t.nspname and w.tablename = t.relname
  left join pg_catalog.pg_stat_all_tables s on s.relid = t.oid
$$;
comment on function pipeline_monitoring.table_statistics is
  'The tables of the pipeline and of the extensions that it uses. bloat_bytes: what the table itself takes beyond what '
  'its rows need, estimated from the statistics of its columns; null until it was analysed. Runs as its owner: '
  'Postgres shows the statistics of columns only to those who may read them.';

create view pipeline_monitoring.tables as
select table_name, table_bytes, index_bytes, estimated_rows, dead_rows, last_vacuum_at, last_autovacuum_at,
       last_analyze_at, vacuum_threshold, age_transactions, bloat_bytes
from pipeline_monitoring.table_statistics();
comment on view pipeline_monitoring.tables is
  'The sizes of the tables, their dead rows, the number of them at which autovacuum begins, and an estimate of bloat.';

create function pipeline_monitoring.vacuum_blockers()
returns table (
  kind text, name text, role text, state text, since timestamptz, age_transactions bigint, retained_bytes bigint,
  remedy text
)
language sql stable security definer set search_path = '' as $$
  with sessions as (
    select a.*, greatest(age(a.backend_xmin), age(a.backend_xid))::bigint as age_transactions,
           -- What another role's session does is hidden from those who may not read all statistics.
           a.backend_type is null as is_hidden
    from pg_catalog.pg_stat_activity a
    where a.pid <> pg_backend_pid() and (a.datname = current_database() or a.datname is null)
  )
  select 'session', concat_ws(' ', s.pid, nullif(s.application_name, '')), s.usename::text, s.state,
         s.xact_start, s.age_transactions, null::bigint,
         case
           when s.backend_type = 'walsender' then
             'A replica or a consumer of changes reads with an old snapshot: see whether it is behind.'
           when s.state like 'idle in transaction%' then format(
             'Its client forgot to end the transaction. End the session: select pg_terminate_backend(%s);', s.pid)
           else format(
             'It has run this transaction for long. Wait for it, or cancel it: select pg_cancel_backend(%s);', s.pid)
         end
  from sessions s
  -- Vacuum itself holds nothing back.
  where s.age_transactions is not null and s.backend_type is distinct from 'autovacuum worker'
  union all
  select 'hidden sessions', count(*)::text, null, null, null, null, null,
         'This role may not see them: as an administrator, grant pg_read_all_stats to ' || current_user || ';'
  from sessions s where s.is_hidden having count(*) > 0
  union all
  select 'replication slot', r.slot_name::text, null,
         case when r.active then 'active' else 'inactive' end || coalesce(', ' || r.wal_status, ''),
         r.inactive_since, greatest(age(r.xmin), age(r.catalog_xmin))::bigint,
         pg_wal_lsn_diff(pg_current_wal_lsn(), r.restart_lsn)::bigint,
         case
           when r.active then 'Its consumer confirms too slowly, or nothing changes: see the consumer.'
           else format(
             'No consumer is connected. If none comes back, drop it: select pg_drop_replication_slot(%L);', r.slot_name)
         end
  from pg_catalog.pg_replication_slots r
  where r.database is null or r.database = current_database()
  union all
  select 'prepared transaction', p.gid, p.owner::text, 'prepared', p.prepared, age(p.transaction)::bigint, null,
         format('Its coordinator ends it. If there is none any more, as its owner: rollback prepared %L;', p.gid)
  from pg_catalog.pg_prepared_xacts p where p.database = current_database()
  order by 6 desc nulls last
$$;
comment on function pipeline_monitoring.vacuum_blockers is
  'What keeps vacuum from removing dead rows, the oldest first: sessions with a snapshot or a transaction, replication '
  'slots and prepared transactions, with their age in transactions and what to do. Never shows a query. Runs as its '
  'owner, who may read all statistics.';

create view pipeline_monitoring.connections as
select coalesce(u.rolname, '(Postgres)') as role, count(*) as connection_count,
       sum(count(*)) over () as used_count,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         as allowed_count,
       round(100 * sum(count(*)) over ()
         / (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int), 1)
         as used_percent
from pg_catalog.pg_stat_get_activity(null) a
join pg_catalog.pg_database d on d.oid = a.datid
left join pg_catalog.pg_roles u on u.oid = a.usesysid
group by 1;
comment on view pipeline_monitoring.connections is 'The connections of each role, and the limit of the database.';

create view pipeline_monitoring.usage as
with documents as (
  select user_id, sum(bytes_len) as bytes from upload_pipeline.documents group by user_id
), jobs as (
  select user_id, count(*) as document_count, max(created_at) as last_registered_at,
         count(*) filter (where created_at > now() - interval '1 day') as registered_24h_count,
         count(*) filter (where status = 'complete') as complete_count,
         count(*) filter (where state = 'deadletter') as failed_count,
         count(*) filter (where message_id is not null) as active_count,
         count(*) filter (where user_queued_at is not null) as user_queued_count
  from upload_pipeline.upload_jobs group by user_id
), charged as (
  select user_id, sum(quantity) filter (where purpose = 'parse') as parsed_page_count,
         sum(quantity) filter (where purpose <> 'parse') as embedded_token_count, sum(cents) as cost_cents,
         sum(cents) filter (where month >= date_trunc('month', now() at time zone 'utc')::date) as cost_cents_this_month
  from pipeline_internal.user_costs
  group by user_id
)
select user_id, coalesce(j.document_count, 0) as document_count, coalesce(j.complete_count, 0) as complete_count,
       coalesce(j.failed_count, 0) as failed_count, coalesce(j.active_count, 0) as active_count,
       coalesce(j.user_queued_count, 0) as user_queued_count, coalesce(d.bytes, 0) as bytes,
       coalesce(j.registered_24h_count, 0) as registered_24h_count, j.last_registered_at,
       coalesce(c.parsed_page_count, 0) as parsed_page_count,
       coalesce(c.embedded_token_count, 0) as embedded_token_count,
       round(coalesce(c.cost_cents, 0), 4) as cost_cents,
       round(coalesce(c.cost_cents_this_month, 0), 4) as cost_cents_this_month
from documents d
left join jobs j using (user_id)
full join charged c using (user_id);
comment on view pipeline_monitoring.usage is
  'The documents and costs of each user: deleted documents are in the costs, not in the counts.';

create view pipeline_monitoring.costs as
select day, purpose, model, sum(quantity) as quantity, sum(credits) as credits, round(sum(cents), 4) as cost_cents
from pipeline_internal.daily_costs
where day > (now() at time zone 'utc')::date - 92
group by day, purpose, model;
comment on view pipeline_monitoring.costs is
  'The charges of the providers on each day of the last three months: pages of parses, tokens otherwise.';

revoke execute on all functions in schema pipeline_monitoring from public, anon, authenticated;
grant select on all tables in schema pipeline_monitoring to pipeline_monitoring, service_role;
grant execute on all functions in schema pipeline_monitoring to pipeline_monitoring, service_role;
