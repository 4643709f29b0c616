-- Where things stand, for users and for operators.

create view upload_pipeline.document_status with (security_invoker = true) as
select
  d.document_id, d.user_id, d.filename, d.mime, d.bytes_len, j.job_id, j.status, j.state,
  case when j.units_total > 0 and j.status = 'embedding_in_progress'
       then greatest(s.stage_pct, (100 * j.units_done / j.units_total))::smallint else s.stage_pct end as stage_pct,
  case when j.units_total > 0 and j.status = 'embedding_in_progress'
       then (s.total_pct + (95 - s.total_pct) * j.units_done / j.units_total)::smallint else s.total_pct end as total_pct,
  j.retry_count, j.next_attempt_at, j.waiting_for,
  -- Among one's own documents that wait in line; 1 is next.
  case when j.in_line_since is not null then (
    select count(*) from upload_pipeline.upload_jobs ahead
    where ahead.user_id = j.user_id and ahead.in_line_since is not null
      and (ahead.in_line_since, ahead.job_id) <= (j.in_line_since, j.job_id))::int end as queue_position,
  j.last_error, d.created_at, j.updated_at
from upload_pipeline.documents d
join upload_pipeline.upload_jobs j using (document_id)
join upload_pipeline.statuses s using (status);
comment on view upload_pipeline.document_status is
  'One line a document: status, progress, what it waits for, next attempt, last error. Shows each user their own.';
grant select on upload_pipeline.document_status to authenticated, service_role;

create function pipeline_internal.health_summary()
returns table (
  oldest_message_seconds double precision, waiting_messages bigint, dead_letter_jobs bigint, open_circuits text[],
  migration text
)
language plpgsql stable set search_path = '' as $$
declare
  v_oldest timestamptz;
  v_waiting bigint;
  v_migration text;
begin
  -- Due messages that nobody has taken yet: what waits by intent (backoff, polls) is not a sign of trouble.
  select min(greatest(j.updated_at, coalesce(j.next_attempt_at, j.updated_at))), count(*) into v_oldest, v_waiting
  from upload_pipeline.upload_jobs j
  where j.finished_at is null and j.stage is not null and j.state <> 'working'
    and coalesce(j.next_attempt_at, j.updated_at) <= clock_timestamp();

  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_migration;
  end if;
  return query
    select coalesce(extract(epoch from clock_timestamp() - v_oldest)::double precision, 0), v_waiting,
           (select count(*) from upload_pipeline.upload_jobs where state = 'deadletter'),
           array(select provider from pipeline_internal.providers where opened_at is not null order by 1), v_migration;
end $$;
comment on function pipeline_internal.health_summary is
  'What the health route reports: how long due work has waited, how much of it, what has been given up, and the schema''s version.';
