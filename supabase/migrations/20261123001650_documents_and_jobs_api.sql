-- What users do with their documents and jobs: read a status, delete a document with everything that belongs to it,
-- retry a job. Files and parses are outside the database: the transaction queues their removal, and the worker performs
-- it.

create function pipeline_internal.document_status_for(p_claims jsonb, p_document_id uuid)
  returns upload_pipeline.document_status
language plpgsql strict set search_path = '' set role = 'authenticated' as $$
declare
  v_status upload_pipeline.document_status;
begin
  perform set_config('request.jwt.claims', p_claims::text, true);
  select * into v_status from upload_pipeline.document_status where document_id = p_document_id;
  return v_status;
end $$;
comment on function pipeline_internal.document_status_for is
  'The status that row-level security shows to the bearer of these verified claims, in one statement; null both for a '
  'document that does not exist and for another user''s.';

create table pipeline_internal.parse_cancellations (
  submission_id uuid primary key,
  -- Null if the document was deleted during its submission: then the worker asks the provider about it.
  provider_job_id text,
  submission_requested_at timestamptz not null,
  due_at timestamptz not null,
  attempt_count int not null default 0
);
comment on table pipeline_internal.parse_cancellations is
  'Submissions to LlamaParse whose document was deleted: the worker cancels them if they run, and deletes them there.';
alter table pipeline_internal.parse_cancellations enable row level security;
create index parse_cancellations_due_at_idx on pipeline_internal.parse_cancellations (due_at);

create function pipeline_internal.has_due_cleanup() returns boolean
language sql stable set search_path = '' as $$
  select exists (select from pipeline_internal.file_cleanups)
      or exists (select from pipeline_internal.parse_cancellations where due_at <= clock_timestamp())
$$;
comment on function pipeline_internal.has_due_cleanup is 'Whether the worker has a cleanup to do.';

create function pipeline_internal.begin_cancellations(p_count int)
returns table (submission_id uuid, provider_job_id text, submission_requested_at timestamptz, attempt_count int)
language sql set search_path = '' as $$
  update pipeline_internal.parse_cancellations c
  set attempt_count = c.attempt_count + 1,
      due_at = clock_timestamp() + make_interval(secs => 30 * power(2, least(c.attempt_count, 10)))
  where c.submission_id in (
    select due.submission_id from pipeline_internal.parse_cancellations due
    where due.due_at <= clock_timestamp()
    order by due.due_at
    limit p_count
    for update skip locked)
  returning c.submission_id, c.provider_job_id, c.submission_requested_at, c.attempt_count
$$;
comment on function pipeline_internal.begin_cancellations is
  'Begins an attempt at each cancellation that is due, and returns them. One that is not deleted afterwards is due '
  'again after a backoff that doubles from 30 seconds.';

create function pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return format('user/%s/parsed/%s.md', p_user_id, p_document_id);
end $$;
create function pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid, p_submission_id uuid) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return format('user/%s/parsed/%s.%s.md', p_user_id, p_document_id, p_submission_id);
end $$;
comment on function pipeline_internal.parsed_path(uuid, uuid) is
  'The path of the Markdown of a text document, also before the document''s row names it.';
comment on function pipeline_internal.parsed_path(uuid, uuid, uuid) is
  'The path of the Markdown of a submission to the parser, also before the document''s row names it. Each parse has '
  'its own file, so the earlier file stays complete until the row names the new one.';

create function pipeline_internal.document_of_path(p_path text) returns uuid
language sql immutable strict parallel safe set search_path = '' as $$
  select substring(
    p_path from '^user/[0-9a-f-]{36}/(?:raw|original|parsed)/'
                '([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?:\.[0-9a-f-]{36})?\.[a-z]+$')::uuid
$$;
comment on function pipeline_internal.document_of_path is
  'The document that a stored file belongs to; null for any other file.';

create function pipeline_internal.lock_files(p_document_id uuid, p_nowait boolean default false) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_lock bigint := hashtextextended('pipeline_internal.files:' || p_document_id, 0);
begin
  if p_nowait then return pg_try_advisory_xact_lock(v_lock); end if;
  perform pg_advisory_xact_lock(v_lock);
  return true;
end $$;
comment on function pipeline_internal.lock_files is
  'Serializes the creation and deletion of a document and the arrival of its files. False: another transaction holds '
  'the lock, and p_nowait is true.';

create function pipeline_internal.new_original_path(p_raw_path text) returns text
language plpgsql volatile strict set search_path = '' as $$
begin
  -- A path that was never used before, so that bytes of an earlier upload are never taken for those of the next.
  return regexp_replace(
    p_raw_path, '^(user/[^/]+)/raw/([^.]+)(\.[a-z]+)?$', '\1/original/\2.' || gen_random_uuid() || '\3');
end $$;
comment on function pipeline_internal.new_original_path is
  'The path to which a worker moves the bytes of the next upload. No upload URL points to it.';

create function pipeline_internal.on_document_created() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_paths text[] := array[new.raw_path, pipeline_internal.parsed_path(new.user_id, new.document_id)];
begin
  new.original_path := coalesce(new.original_path, pipeline_internal.new_original_path(new.raw_path));
  -- The same bytes may come again soon after their deletion. This waits for a removal that is under way, without a lock
  -- that an arriving file waits for, so that the next upload stays.
  delete from pipeline_internal.file_cleanups where path = any (v_paths);
  perform pipeline_internal.lock_files(new.document_id);
  delete from pipeline_internal.file_cleanups where path = any (v_paths);
  return new;
end $$;
comment on function pipeline_internal.on_document_created is
  'Cancels queued removals of the files that the new document needs, and sets the path of its original.';
create trigger cancel_file_cleanups before insert on upload_pipeline.documents
  for each row execute function pipeline_internal.on_document_created();

create function pipeline_internal.on_document_deleted() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.lock_files(old.document_id);
  insert into pipeline_internal.file_cleanups (path)
  select old.raw_path
  union select old.original_path
  union select old.parsed_path where old.parsed_path is not null
  union select pipeline_internal.parsed_path(old.user_id, old.document_id)
  -- A worker may be storing this file now.
  union select pipeline_internal.parsed_path(old.user_id, old.document_id, s.submission_id)
  from upload_pipeline.upload_jobs j join pipeline_internal.submissions s using (job_id)
  where j.document_id = old.document_id and s.finished_at is null;

  insert into pipeline_internal.parse_cancellations (
    submission_id, provider_job_id, submission_requested_at, due_at)
  select s.submission_id, s.provider_job_id, s.requested_at,
         -- A worker may be submitting it now; in two minutes it has finished or failed. LlamaParse keeps results for 48
         -- hours.
         clock_timestamp() + case when s.provider_job_id is null then interval '2 minutes' else interval '0' end
  from upload_pipeline.upload_jobs j
  join pipeline_internal.submissions s using (job_id)
  where j.document_id = old.document_id
    and (s.finished_at is null or s.submitted_at > clock_timestamp() - interval '48 hours');
  return old;
end $$;
comment on function pipeline_internal.on_document_deleted is
  'Queues the removal of the document''s files and the cancellation of its parse, whether the document is deleted '
  'alone or with its owner''s account.';
create trigger queue_file_cleanups before delete on upload_pipeline.documents
  for each row execute function pipeline_internal.on_document_deleted();

create function pipeline_internal.call_cleanup() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if pipeline_internal.has_due_cleanup() then
    perform pipeline_internal.call_worker('cleanup');
  end if;
  return null;
end $$;
comment on function pipeline_internal.call_cleanup is
  'Runs as its owner: when an account is deleted, Postgres calls this as Auth, which has no rights on the pipeline.';
create trigger call_cleanup_at_once after delete on upload_pipeline.documents
  for each statement execute function pipeline_internal.call_cleanup();

create function pipeline_internal.awaits_original(p_document upload_pipeline.documents) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return p_document.verified_at is null
    and exists (
      select from upload_pipeline.upload_jobs j
      where j.document_id = p_document.document_id and j.finished_at is null)
    and not exists (
      select from storage.objects o where o.bucket_id = 'files' and o.name = p_document.original_path);
end $$;
comment on function pipeline_internal.awaits_original is
  'Whether the file on the upload path is still needed: the job is unfinished, and no worker has moved its bytes yet.';

create function pipeline_internal.remove_late_upload(p_document_id uuid) returns void
language sql set search_path = '' as $$
  insert into pipeline_internal.file_cleanups (path)
  select o.name
  from upload_pipeline.documents d
  join storage.objects o on o.bucket_id = 'files' and o.name = d.raw_path
  where d.document_id = p_document_id
$$;
comment on function pipeline_internal.remove_late_upload is
  'Queues the removal of a file that arrived on the upload path after a worker had moved the bytes. Later arrivals are '
  'handled when they arrive.';

create function pipeline_internal.remove_if_orphaned(p_path text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_document_id uuid := pipeline_internal.document_of_path(p_path);
begin
  if v_document_id is null then return false; end if;
  perform pipeline_internal.lock_files(v_document_id);
  if exists (
    select from upload_pipeline.documents d
    where d.document_id = v_document_id
      and (p_path in (d.original_path, d.parsed_path, pipeline_internal.parsed_path(d.user_id, d.document_id))
           or p_path = d.raw_path and pipeline_internal.awaits_original(d)
           or p_path in (
             select pipeline_internal.parsed_path(d.user_id, d.document_id, s.submission_id)
             from upload_pipeline.upload_jobs j join pipeline_internal.submissions s using (job_id)
             where j.document_id = d.document_id and s.finished_at is null))
  ) then
    return false;
  end if;

  insert into pipeline_internal.file_cleanups (path) values (p_path);
  perform pipeline_internal.call_worker('cleanup');
  return true;
end $$;
comment on function pipeline_internal.remove_if_orphaned is
  'Queues the removal of a file if its document is deleted, has been parsed again, or has its bytes already: a running '
  'stage stored it too late, or a client sent it to an old signed URL. False: a document needs it, or it is no file of '
  'the pipeline.';

create function pipeline_internal.remove_orphans() returns bigint
language sql set search_path = '' as $$
  -- The query acquires the locks of many documents in no order, so it must not wait for any; a locked document is
  -- checked in the next run.
  select count(*) filter (where case
    when pipeline_internal.lock_files(pipeline_internal.document_of_path(o.name), p_nowait => true)
    then pipeline_internal.remove_if_orphaned(o.name) end)
  from storage.objects o
  left join upload_pipeline.documents d on d.document_id = pipeline_internal.document_of_path(o.name)
  where o.bucket_id = 'files' and o.updated_at < now() - interval '1 hour'
    and (d.document_id is null or (o.name <> d.original_path and o.name is distinct from d.parsed_path))
    and not exists (select from pipeline_internal.file_cleanups r where r.path = o.name)
$$;
comment on function pipeline_internal.remove_orphans is
  'Finds files that no document needs and whose arrival no trigger handled.';
select cron.schedule('pipeline-orphans', '41 * * * *', 'select pipeline_internal.remove_orphans()');

create function pipeline_internal.delete_document(
  p_user_id uuid, p_document_id uuid, p_request_id text default null, p_network cidr default null
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs;
begin
  -- Lock order: the user before the user's rows; see end_work_of_account.
  perform from auth.users u where u.id = p_user_id for key share;
  -- Lock order: the message before the job, as in workers. This waits for a settlement that is under way, and a later
  -- worker finds no job.
  select * into v_job from upload_pipeline.upload_jobs where document_id = p_document_id and user_id = p_user_id;
  if v_job.message_id is not null then
    perform pipeline_internal.lock_messages(v_job.stage, array[v_job.message_id]);
  end if;
  select * into v_job from upload_pipeline.upload_jobs
  where document_id = p_document_id and user_id = p_user_id for update;
  if not found then return false; end if;

  if v_job.message_id is not null then
    -- The message may be the next stage's by now, and leased: then its worker drops it when it finds no job.
    execute format(
      'delete from pgmq.%1$I where msg_id in (select msg_id from pgmq.%1$I where msg_id = $1 for update skip locked)',
      'q_' || v_job.stage) using v_job.message_id;
  end if;
  delete from upload_pipeline.documents where document_id = p_document_id and user_id = p_user_id;
  perform pipeline_internal.record_audit_entry('delete', p_user_id, p_document_id, p_request_id, p_network);

  if v_job.message_id is not null then
    perform pipeline_internal.advance_user_queues(array[p_user_id]);
  end if;
  return true;
end $$;
comment on function pipeline_internal.delete_document is
  'Deletes the user''s document with its job, chunks and events, queues the removal of its files and the cancellation '
  'of its parse, and frees its user slot. Safe while a stage processes it. False, without effect, if the user has no '
  'such document.';

create function pipeline_internal.is_final(
  p_job upload_pipeline.upload_jobs, p_ocr boolean default null, p_has_bytes boolean default false
) returns boolean
language plpgsql stable set search_path = '' as $$
declare
  v_code text := p_job.last_error ->> 'code';
begin
  return pipeline_internal.error_class(v_code) = 'document'
    -- The client announces and sends other bytes, or another type.
    and not (p_has_bytes and v_code in ('NOT_A_PDF', 'SHA256_MISMATCH', 'SIZE_MISMATCH', 'TYPE_MISMATCH'))
    -- A scan whose text only OCR finds.
    and not (coalesce(p_ocr, false) and not p_job.ocr and v_code in ('EMPTY_DOCUMENT', 'NO_DATA_FOUND_IN_FILE'));
end $$;
comment on function pipeline_internal.is_final is
  'Whether a rejected job would fail again, at the cost of its owner or the project: its last error has the class '
  'document, and the request changes nothing about it. p_ocr: whether the request asks for OCR; p_has_bytes: whether '
  'it sends bytes again.';

create function pipeline_internal.retry_job(
  p_user_id uuid, p_job_id uuid, p_request_id text default null, p_network cidr default null,
  out outcome text, out limit_name text, out limit_value bigint, out retry_after_seconds int, out reason jsonb
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_seen upload_pipeline.upload_jobs;
  v_document upload_pipeline.documents;
  v_budget record;
  v_entry record;
begin
  perform from auth.users u where u.id = p_user_id for key share;
  select * into v_seen from upload_pipeline.upload_jobs j where j.job_id = p_job_id and j.user_id = p_user_id;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  outcome := 'not_retryable';

  if v_seen.state = 'deadletter' then
    select * into v_seen from upload_pipeline.upload_jobs j
    where j.job_id = p_job_id and j.state = 'deadletter' for update;
    if not found then return; end if;
    -- Operators retry without these checks, and the audit log does not count it as a request of the user.
    if p_request_id is not null then
      if pipeline_internal.is_final(v_seen) then
        outcome := 'refused';
        reason := v_seen.last_error;
        return;
      end if;
      select * into strict v_document from upload_pipeline.documents d where d.document_id = v_seen.document_id;
      select * into v_budget from pipeline_internal.exceeded_budget(
        p_user_id, case when v_seen.status = 'failed_parse'
          then pipeline_internal.document_cents(
            v_document.mime, v_document.bytes_len, coalesce(cardinality(v_seen.pages_to_read), v_document.page_count))
          else pipeline_internal.embedding_cents(coalesce(v_document.page_count, 1)) end);
      if found then
        outcome := v_budget.scope || '_budget_spent';
        limit_value := round(v_budget.monthly_cents);
        retry_after_seconds := ceil(extract(epoch from
          (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc' - clock_timestamp()));
        return;
      end if;
      v_entry := pipeline_internal.consume_paid_request(p_user_id);
      if v_entry.limit_name is not null then
        outcome := 'daily_limit';
        limit_name := v_entry.limit_name;
        limit_value := v_entry.limit_value;
        retry_after_seconds := v_entry.retry_after_seconds;
        return;
      end if;
      update upload_pipeline.upload_jobs j set counted_at = clock_timestamp() where j.job_id = p_job_id;
    end if;
    if not pipeline_internal.redrive_job(p_job_id) then return; end if;
    perform pipeline_internal.record_audit_entry('retry', p_user_id, p_job_id, p_request_id, p_network);
    outcome := 'retried';
    return;
  end if;
  if v_seen.state <> 'retryable' then return; end if;

  -- Lock order: the message before the job, as in workers.
  perform pipeline_internal.lock_messages(v_seen.stage, array[v_seen.message_id]);
  update upload_pipeline.upload_jobs j
  set state = 'queued', next_attempt_at = null, waiting_for = null, updated_at = clock_timestamp()
  where j.job_id = p_job_id and j.state = 'retryable' and j.stage = v_seen.stage and j.message_id = v_seen.message_id;
  if not found then return; end if;
  perform pgmq.set_vt(v_seen.stage, v_seen.message_id, 0);
  perform pipeline_internal.wake(v_seen.stage);
  perform pipeline_internal.record_audit_entry('retry', p_user_id, p_job_id, p_request_id, p_network);
  outcome := 'retried';
end $$;
comment on function pipeline_internal.retry_job is
  'Retries a job of the user. retried: the job, which waited for its next attempt or was in the dead letter, is due '
  'now; not_retryable: it runs, waits for something else or is done; unknown: the user has no such job; refused: it '
  'failed with an error of class document, which is in reason; or a limit or budget, as register_upload reports it. A '
  'retry from the dead letter counts against the owner''s daily limit, unless an operator calls this without a request '
  'id. Otherwise the job does not change.';
