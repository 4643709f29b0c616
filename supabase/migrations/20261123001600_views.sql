-- The status of documents, for users and for the health route.

create view upload_pipeline.document_status with (security_invoker = true) as
select
  d.document_id, d.user_id, d.filename, coalesce(d.filename_full, d.filename) as filename_full, d.policy_id, d.mime,
  d.bytes_len, j.job_id, j.status, j.state,
  case when j.units_total > 0 and j.status in ('chunking', 'embedding_in_progress')
       then greatest(s.stage_pct, (100 * j.units_done / j.units_total))::smallint else s.stage_pct end as stage_pct,
  case when j.units_total > 0 and j.status in ('chunking', 'embedding_in_progress')
       -- Interpolates towards the total_pct of the next status.
       then (s.total_pct + (case j.status when 'chunking' then 60 else 95 end - s.total_pct)
             * j.units_done / j.units_total)::smallint
       else s.total_pct end as total_pct,
  j.retry_count, j.next_attempt_at, j.waiting_for,
  -- The position among the user's own queued documents; 1 is next.
  case when j.user_queued_at is not null then (
    select count(*) from upload_pipeline.upload_jobs ahead
    where ahead.user_id = j.user_id and ahead.user_queued_at is not null
      and (ahead.user_queued_at, ahead.job_id) <= (j.user_queued_at, j.job_id))::int end as queue_position,
  j.last_error, d.warnings, d.title, d.created_at, j.updated_at
from upload_pipeline.documents d
join upload_pipeline.upload_jobs j using (document_id)
join upload_pipeline.statuses s using (status);
comment on view upload_pipeline.document_status is
  'One row per document: status, progress, what it waits for, next attempt, last error, warnings and title. Shows each '
  'user their own documents.';
grant select on upload_pipeline.document_status to authenticated, service_role;

create function pipeline_internal.health_summary(
  out oldest_message_seconds double precision, out waiting_messages bigint, out dead_letter_jobs bigint,
  out open_circuits text[], out migration text
)
language plpgsql stable set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  -- Only due messages count: a message that waits by intent (backoff, poll) is no sign of a problem. Each queue's index
  -- yields the oldest first, and the scan stops at 1,000, so the cost does not depend on the backlog.
  select coalesce(extract(epoch from v_now - min(due.vt)), 0)::double precision, count(*)
  into oldest_message_seconds, waiting_messages
  from (
    (select vt from pgmq.q_parse where vt <= v_now order by vt limit 1000)
    union all (select vt from pgmq.q_fetch_result where vt <= v_now order by vt limit 1000)
    union all (select vt from pgmq.q_chunk where vt <= v_now order by vt limit 1000)
    union all (select vt from pgmq.q_embed where vt <= v_now order by vt limit 1000)
  ) due;
  dead_letter_jobs := (
    select count(*) from (select from upload_pipeline.upload_jobs where state = 'deadletter' limit 1000) given_up);
  open_circuits := array(select provider from pipeline_internal.providers where opened_at is not null order by 1);
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    migration := (select max(version) from supabase_migrations.schema_migrations);
  end if;
end $$;
comment on function pipeline_internal.health_summary is
  'What the health route reports: the age of the oldest due message, the number of due messages and of dead letters, '
  'open circuits, and the schema''s version. Counts stop at 1,000, for each queue and for the dead letter.';
