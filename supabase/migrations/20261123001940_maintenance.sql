-- Maintenance: the retention of history, and vacuum settings of tables that change often.

create table pipeline_internal.retention (
  category text primary key,
  days real not null check (days > 0 and days <= 36500),
  description text not null,
  constraint audit_log_is_kept_long_enough check (
    category <> 'audit_log' or days >= pipeline_internal.audit_log_least_days()),
  constraint security_hold_is_short check (category <> 'security_hold' or days <= 30)
);
comment on table pipeline_internal.retention is
  'How long history is kept; purge applies it. Everything that belongs to an existing document, except its events, is '
  'kept as long as the document.';
comment on constraint audit_log_is_kept_long_enough on pipeline_internal.retention is
  'audit entries are kept for 30 days at least';
comment on constraint security_hold_is_short on pipeline_internal.retention is
  'the security hold ends after 30 days at most';
alter table pipeline_internal.retention enable row level security;
insert into pipeline_internal.retention (category, days, description) values
  ('events', 365, 'events of documents that have ended since'),
  ('deliveries', 30, 'LlamaParse''s callbacks; a replay within that time is recognized'),
  ('audit_log', 30, 'audit entries; no role can delete an entry earlier; at least 30'),
  ('security_hold', 7, 'the network in audit entries of deleted users; at most 30'),
  ('worker_runs', 7, 'runs of the workers that have ended'),
  ('outbox', 30, 'notifications that were delivered or given up, or whose endpoint is disabled'),
  ('alerts', 90, 'closed alerts'),
  ('history', 31, 'throughput, durations and queues of past hours'),
  ('charges', 1100, 'daily sums of charges of deleted documents'),
  ('archives', 30, 'queue messages that an operator archived instead of deleting them'),
  ('question_vectors', 30, 'vectors of questions, without their text, since their last use'),
  ('cron_runs', 1, 'runs of pg_cron''s jobs');

create function pipeline_internal.purge() returns table (category text, removed_count bigint)
language plpgsql set search_path = '' as $$
declare
  v_tables constant jsonb := jsonb_build_object(
    'events', jsonb_build_array(
      'upload_pipeline.events',
      'created_at < $1 and exists (
         select from upload_pipeline.upload_jobs j where j.job_id = t.job_id and j.finished_at < $1)'),
    'deliveries', '["pipeline_internal.deliveries", "received_at < $1"]'::jsonb,
    'audit_log', '["pipeline_internal.audit_log", "happened_at < $1"]'::jsonb,
    'worker_runs', '["pipeline_internal.worker_runs", "ended_at < $1"]'::jsonb,
    'outbox', '["pipeline_internal.outbox", "coalesce(delivered_at, given_up_at, created_at) < $1"]'::jsonb,
    'alerts', '["pipeline_internal.alerts", "closed_at < $1"]'::jsonb,
    'history', '["pipeline_internal.history", "since < $1"]'::jsonb,
    'charges', '["pipeline_internal.charges", "document_id is null and day < $1::date"]'::jsonb,
    'question_vectors', '["pipeline_internal.question_vectors", "used_at < $1"]'::jsonb,
    'live_events', jsonb_build_array(
      'upload_pipeline.live_events',
      'created_at < $1 and exists (
         select from upload_pipeline.live_events n where n.user_id = t.user_id and n.event_no > t.event_no)'),
    'cron_runs', '["cron.job_run_details", "end_time < $1"]'::jsonb);
  v_table record;
begin
  for v_table in
    select r.category, r.days, t ->> 0 as name, t ->> 1 as condition
    from pipeline_internal.retention r cross join lateral (select v_tables -> r.category) known (t) where t is not null
    union all
    select r.category, r.days, format('pgmq.%I', 'a_' || q.queue_name), 'archived_at < $1'
    from pipeline_internal.retention r cross join pgmq.list_queues() q where r.category = 'archives'
  loop
    -- The limit keeps locks short; the rest follows an hour later.
    execute format(
      'delete from %1$s where ctid = any (array(select t.ctid from %1$s t where %2$s limit 50000))',
      v_table.name, v_table.condition) using clock_timestamp() - make_interval(secs => v_table.days * 86400);
    category := v_table.category;
    get diagnostics removed_count = row_count;
    return next;
  end loop;

  category := 'security_hold';
  update pipeline_internal.audit_log a set network = null
  where a.network is not null and pipeline_internal.is_older(a.account_gone_at, 'security_hold');
  get diagnostics removed_count = row_count;
  return next;

  category := 'replaced secrets of endpoints';
  removed_count := pipeline_internal.purge_replaced_secrets();
  return next;

  category := 'charges summed up';
  removed_count := pipeline_internal.compact_charges();
  return next;
  perform pipeline_internal.purge_rate_limits();
end $$;
comment on function pipeline_internal.purge is
  'Removes history that is older than pipeline_internal.retention allows. pg_net removes its own.';
select cron.schedule('pipeline-purge', '17 * * * *', 'select pipeline_internal.purge()');

-- By default a table is vacuumed after a fifth of it has changed, which is too late for tables whose rows change often
-- or that every query reads. pgmq's tables belong to its extension and keep its settings: their rows are deleted, so
-- they stay small.
alter table upload_pipeline.upload_jobs set (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.05);
alter table pipeline_internal.worker_runs set (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
-- A few rows that every claim may change.
alter table pipeline_internal.providers set (
  fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table pipeline_internal.rate_limits set (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
alter table pipeline_internal.reservations set (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table pipeline_internal.daily_costs set (
  fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table pipeline_internal.user_costs set (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
alter table pipeline_internal.submissions set (
  fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
alter table pipeline_internal.outbox set (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
-- A vector search reads the index alone where the visibility map covers the rows, which requires a vacuum soon after
-- inserts, not only after deletes. The vacuum also empties the pending list of the word index.
alter table upload_pipeline.document_chunks set (
  autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 500,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.02,
  autovacuum_vacuum_cost_limit = 2000);
-- Every row is deleted after its document was embedded.
alter table pipeline_internal.pending_chunks set (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 2000);
alter table pipeline_internal.pending_vectors set (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 2000);
-- Insert-only tables: vacuumed so that sums skip visibility checks, and analysed so that the planner knows how few the
-- latest rows are.
alter table upload_pipeline.events set (
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
alter table pipeline_internal.charges set (
  autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

revoke execute on all functions in schema pipeline_internal from public;
