-- How a document enters the pipeline: the user registers it and puts its bytes into Storage, and the row that Storage
-- inserts for them starts the processing.

create table pipeline_internal.file_types (
  extension text primary key check (extension ~ '^[a-z]+$'),
  mime text not null unique,
  -- Other content types that senders use for these bytes. Storage compares them literally, parameters included.
  aliases text[] not null default '{}'
);
comment on table pipeline_internal.file_types is
  'Every file type that the pipeline can verify and parse. limits.allowed_mime_types says which of them users may '
  'upload.';
alter table pipeline_internal.file_types enable row level security;
insert into pipeline_internal.file_types (extension, mime) values
  ('pdf', 'application/pdf'),
  ('docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'),
  ('pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'),
  ('xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
  ('html', 'text/html'),
  ('md', 'text/markdown'),
  ('txt', 'text/plain'),
  ('png', 'image/png'),
  ('jpg', 'image/jpeg');

update pipeline_internal.file_types t set aliases = given.aliases
from (values
  ('pdf', array['application/x-pdf', 'application/acrobat', 'application/vnd.pdf', 'text/pdf']),
  -- An office file is a ZIP archive, and Windows may send the type of its predecessor.
  ('docx', array['application/zip', 'application/x-zip-compressed', 'application/msword']),
  ('pptx', array['application/zip', 'application/x-zip-compressed', 'application/vnd.ms-powerpoint']),
  ('xlsx', array['application/zip', 'application/x-zip-compressed', 'application/vnd.ms-excel']),
  ('md', array[
     'text/x-markdown', 'text/md', 'text/vnd.daringfireball.markdown', 'text/x-web-markdown', 'application/markdown',
     'text/plain']),
  ('txt', array['text/markdown', 'text/txt', 'application/txt']),
  ('html', array['application/xhtml+xml']),
  ('jpg', array['image/jpg', 'image/pjpeg'])) given (extension, aliases)
where t.extension = given.extension;
update pipeline_internal.file_types
set aliases = aliases || array(
  select kind || parameter
  from unnest(mime || aliases) kind,
       unnest(array[';charset=utf-8', ';charset=UTF-8', '; charset=utf-8', '; charset=UTF-8']) parameter)
where mime like 'text/%';

create function pipeline_internal.bucket_types(p_mimes text[]) returns text[]
language sql stable set search_path = '' as $$
  select array_agg(distinct label order by label)
  from (
    select unnest(t.mime || t.aliases) from pipeline_internal.file_types t where t.mime = any (p_mimes)
    -- Parsed text is always stored as Markdown. The other two are defaults: of Storage itself, and of supabase-js and
    -- fetch for bytes and strings.
    union all values ('text/markdown'), ('application/octet-stream'), ('text/plain;charset=UTF-8')) labels (label)
$$;
comment on function pipeline_internal.bucket_types is
  'The content types that Storage''s bucket must accept for files of these types. The content decides what a file is; '
  'the content type only has to be in this list.';
update storage.buckets
set allowed_mime_types = pipeline_internal.bucket_types((select allowed_mime_types from pipeline_internal.limits))
where id = 'files';

create function pipeline_internal.file_extension(p_mime text) returns text
language plpgsql stable strict set search_path = '' as $$
begin
  return coalesce((select extension from pipeline_internal.file_types where mime = p_mime), 'bin');
end $$;
comment on function pipeline_internal.file_extension is
  'The extension under which a file is stored; it depends on the type, never on the name that the user gave.';

create function pipeline_internal.allow_file_types(p_extensions text[]) returns text[]
language plpgsql set search_path = '' as $$
declare
  v_unknown text;
  v_mimes text[];
begin
  if coalesce(cardinality(p_extensions), 0) = 0 then
    raise exception 'name at least one file type' using errcode = 'invalid_parameter_value';
  end if;
  select coalesce(given, 'null') into v_unknown
  from unnest(p_extensions) given
  where given is null or given not in (select extension from pipeline_internal.file_types) limit 1;
  if found then
    raise exception 'unknown file type: %', v_unknown using errcode = 'invalid_parameter_value',
      hint = (select 'Known types: ' || string_agg(extension, ', ' order by extension) || '.'
        from pipeline_internal.file_types);
  end if;

  v_mimes := array(
    select t.mime from pipeline_internal.file_types t where t.extension = any (p_extensions) order by t.mime);
  update pipeline_internal.limits set allowed_mime_types = v_mimes;
  update storage.buckets set allowed_mime_types = pipeline_internal.bucket_types(v_mimes) where id = 'files';
  return v_mimes;
end $$;
comment on function pipeline_internal.allow_file_types is
  'Sets the types that users may upload, for the API and Storage''s bucket at once: select '
  'pipeline_internal.allow_file_types(array[''pdf'', ''docx'']).';

create function pipeline_internal.storage_usage(
  p_user_id uuid, p_except_document_id uuid default null, out document_count bigint, out byte_count bigint
)
language plpgsql stable set search_path = '' as $$
begin
  select count(*), coalesce(sum(greatest(d.bytes_len, o.size)), 0)::bigint
  into document_count, byte_count
  from upload_pipeline.documents d
  -- One lookup per document: if the planner takes the table for small, a join may scan all users' rows.
  cross join lateral (
    select status from upload_pipeline.upload_jobs where document_id = d.document_id limit 1) j
  left join lateral (
    -- A verified document has its registered size. The name is compared in both collations that Storage has indexes
    -- for, so that either index finds the one row.
    select sum((found.metadata ->> 'size')::bigint) as size
    from unnest(array[d.raw_path, d.original_path]) place (path)
    cross join lateral (
      select metadata from storage.objects
      where bucket_id = 'files' and name = place.path and name collate "C" = place.path limit 1) found
    where d.verified_at is null) o on true
  where d.user_id = p_user_id and j.status <> 'expired' and d.document_id is distinct from p_except_document_id;
end $$;
comment on function pipeline_internal.storage_usage is
  'The number of a user''s documents and of their bytes: the registered sizes, or the stored sizes if they are larger. '
  'An expired upload counts nothing.';

create function pipeline_internal.register_upload(
  p_user_id uuid, p_filename text, p_mime text, p_bytes_len bigint, p_sha256 text, p_ocr boolean, p_request_id text,
  p_network cidr default null, p_filename_full text default null, p_policy_id text default null,
  out outcome text, out job_id uuid, out document_id uuid, out raw_path text, out filename text,
  out last_uploaded timestamptz, out upload_expires_at timestamptz, out limit_name text, out limit_value bigint,
  out retry_after_seconds int, out reason jsonb
)
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_limits pipeline_internal.limits;
  v_document_id uuid := pipeline_internal.document_id(p_user_id, p_sha256);
  v_document upload_pipeline.documents;
  v_job upload_pipeline.upload_jobs;
  v_held record;
  v_entry record;
  v_budget record;
begin
  select * into strict v_limits from pipeline_internal.limits;
  if p_bytes_len > v_limits.max_file_bytes then
    outcome := 'too_large';
    limit_value := v_limits.max_file_bytes;
    return;
  end if;
  -- Of an unknown type, the pipeline checks the bytes when they arrive.
  if p_mime <> all (v_limits.allowed_mime_types || array['application/octet-stream']) then
    outcome := 'unsupported_type';
    return;
  end if;

  if pipeline_internal.lacks_consent(p_user_id) then
    outcome := 'consent_required';
    return;
  end if;

  -- Serializes the registrations of one user, so that the checks below hold under concurrency.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.register_upload:' || p_user_id, 0));

  -- Locks the user and the job first: this waits for a concurrent deletion, which then leaves nothing.
  perform from auth.users u where u.id = p_user_id for key share;
  select * into v_job from upload_pipeline.upload_jobs j where j.document_id = v_document_id for update;
  if found then
    select * into strict v_document from upload_pipeline.documents d where d.document_id = v_document_id;
    if v_job.state = 'deadletter' and pipeline_internal.is_final(v_job, p_ocr, p_has_bytes => true) then
      outcome := 'refused';
      reason := v_job.last_error;
    elsif v_job.status <> 'awaiting_upload' and v_job.state <> 'deadletter' and v_job.status <> 'expired' then
      outcome := 'duplicate';
    end if;
    if outcome is not null then
      job_id := v_job.job_id;
      document_id := v_document_id;
      raw_path := v_document.raw_path;
      filename := v_document.filename;
      last_uploaded := v_document.created_at;
      return;
    end if;
  end if;

  if v_limits.monthly_budget_cents is not null or pipeline_internal.budget_of(p_user_id) is not null then
    select * into v_budget from pipeline_internal.exceeded_budget(
      p_user_id, pipeline_internal.document_cents(p_mime, p_bytes_len, v_document.page_count));
    if found then
      outcome := v_budget.scope || '_budget_spent';
      limit_value := round(v_budget.monthly_cents);
      retry_after_seconds := ceil(extract(epoch from
        (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc' - clock_timestamp()));
      return;
    end if;
  end if;

  v_held := pipeline_internal.storage_usage(p_user_id, v_document_id);
  if v_held.document_count >= v_limits.documents_per_user then
    outcome := 'too_many_documents';
    limit_value := v_limits.documents_per_user;
    return;
  end if;
  if v_held.byte_count + p_bytes_len > v_limits.bytes_per_user then
    outcome := 'too_many_bytes';
    limit_value := v_limits.bytes_per_user;
    return;
  end if;

  -- Counts registrations, not documents, so deleting a document gives none back. A registration that still awaits its
  -- bytes counts once a day.
  if v_job.job_id is null or v_job.status <> 'awaiting_upload'
    or v_job.counted_at < clock_timestamp() - interval '1 day' then
    v_entry := pipeline_internal.consume_paid_request(p_user_id);
    if v_entry.limit_name is not null then
      outcome := 'daily_limit';
      limit_name := v_entry.limit_name;
      limit_value := v_entry.limit_value;
      retry_after_seconds := v_entry.retry_after_seconds;
      return;
    end if;
    v_job.counted_at := clock_timestamp();
  end if;

  upload_expires_at := clock_timestamp() + make_interval(secs => v_limits.upload_url_seconds);
  if v_job.job_id is not null then
    outcome := 'resumed';
    insert into pipeline_internal.file_cleanups (path)
    select o.name from storage.objects o
    where o.bucket_id = 'files' and o.name = v_document.original_path;
    update upload_pipeline.documents d
    set filename = p_filename, filename_full = p_filename_full, bytes_len = p_bytes_len, mime = p_mime,
        policy_id = p_policy_id, warnings = '[]', updated_at = clock_timestamp(), verified_at = null,
        -- The next upload is another file than the previous one until a worker has verified it.
        original_path = case when v_job.status = 'awaiting_upload' then d.original_path
                             else pipeline_internal.new_original_path(d.raw_path) end
    where d.document_id = v_document_id
    returning * into v_document;
    update upload_pipeline.upload_jobs j
    set status = 'awaiting_upload', state = 'queued', finished_at = null, last_error = null, next_attempt_at = null,
        waiting_for = null, ocr = p_ocr, pages_to_read = null, is_page_reparse = false,
        correlation_id = p_request_id, updated_at = clock_timestamp(),
        counted_at = v_job.counted_at, upload_expires_at = register_upload.upload_expires_at
    where j.job_id = v_job.job_id;
    perform pipeline_internal.close_submission(v_job.job_id, 'superseded');
    delete from pipeline_internal.file_cleanups r where r.path in (v_document.raw_path, v_document.parsed_path);
  else
    outcome := 'created';
    insert into upload_pipeline.documents (
      document_id, user_id, filename, filename_full, mime, bytes_len, file_sha256, policy_id, raw_path)
    values (v_document_id, p_user_id, p_filename, p_filename_full, p_mime, p_bytes_len, p_sha256, p_policy_id,
            format('user/%s/raw/%s.%s', p_user_id, v_document_id, pipeline_internal.file_extension(p_mime)))
    returning * into v_document;
    insert into upload_pipeline.upload_jobs (document_id, user_id, ocr, correlation_id, upload_expires_at)
    values (v_document_id, p_user_id, p_ocr, p_request_id, register_upload.upload_expires_at)
    returning * into v_job;
  end if;
  perform pipeline_internal.record_audit_entry(
    'upload', p_user_id, v_document_id, p_request_id, p_network, jsonb_build_object('outcome', outcome));
  job_id := v_job.job_id;
  document_id := v_document_id;
  raw_path := v_document.raw_path;
  filename := v_document.filename;
  last_uploaded := v_document.created_at;
end $$;
comment on function pipeline_internal.register_upload is
  'Registers a document of the user. Outcome: created; resumed (it never finished, or failed); duplicate; refused, '
  'because these bytes failed with an error of class document, which is in reason in the form of last_error; or the '
  'name of the limit or budget that refuses it, for a daily limit in limit_name. A refused registration writes '
  'nothing.';

create table pipeline_internal.file_cleanups (
  -- A file can arrive again while it is being removed; each request is a row of its own, so none is lost.
  cleanup_no bigint generated always as identity primary key,
  path text not null,
  requested_at timestamptz not null default clock_timestamp()
);
comment on table pipeline_internal.file_cleanups is
  'Files that no document needs. Only Storage can remove the bytes, so the worker asks it to.';
create index file_cleanups_path_idx on pipeline_internal.file_cleanups (path);
alter table pipeline_internal.file_cleanups enable row level security;

create function pipeline_internal.expire_uploads() returns bigint
language plpgsql set search_path = '' as $$
declare
  v_document_ids uuid[];
begin
  with gone as (
    update upload_pipeline.upload_jobs
    set status = 'expired', state = 'done', finished_at = clock_timestamp(), updated_at = clock_timestamp()
    where job_id in (
      select j.job_id from upload_pipeline.upload_jobs j
      where j.status = 'awaiting_upload' and j.upload_expires_at < clock_timestamp() - interval '10 minutes'
      for update skip locked)
    returning document_id
  ) select array_agg(document_id) into v_document_ids from gone;

  -- Removes the files of an earlier, failed upload of the same document.
  insert into pipeline_internal.file_cleanups (path)
  select o.name
  from upload_pipeline.documents d
  join storage.objects o on o.bucket_id = 'files' and o.name in (d.raw_path, d.original_path, d.parsed_path)
  where d.document_id = any (v_document_ids);
  return coalesce(cardinality(v_document_ids), 0);
end $$;
comment on function pipeline_internal.expire_uploads is
  'Closes registrations whose bytes never came, and queues the removal of files from their earlier uploads.';

create function pipeline_internal.start_processing(p_raw_path text) returns boolean
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_job upload_pipeline.upload_jobs;
begin
  select * into v_job from upload_pipeline.upload_jobs
  where document_id = (select document_id from upload_pipeline.documents where raw_path = p_raw_path)
    and status = 'awaiting_upload'
  for update;
  if not found then return false; end if;

  perform pipeline_internal.admit(v_job.job_id, v_job.user_id);
  return true;
end $$;
comment on function pipeline_internal.start_processing is
  'awaiting_upload → uploaded: the bytes are in Storage. False, without effect, if no job awaits them.';

create function pipeline_internal.on_object_stored() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Storage first tries a user's insert without a size and rolls it back; the real insert follows.
  if (new.metadata ->> 'size') is not null and not pipeline_internal.start_processing(new.name) then
    perform pipeline_internal.remove_if_orphaned(new.name);
  end if;
  return null;
exception when others then
  -- An error of the pipeline must not fail the upload: the reconciler finds the object within a minute.
  raise warning 'object % did not start processing: % (%)', new.name, sqlerrm, sqlstate;
  return null;
end $$;
comment on function pipeline_internal.on_object_stored is
  'Runs as its owner: users and Storage, who upload, have no rights on the pipeline.';
revoke execute on function pipeline_internal.on_object_stored from public, anon, authenticated;

create trigger pipeline_object_inserted after insert on storage.objects
  for each row when (new.bucket_id = 'files')
  execute function pipeline_internal.on_object_stored();
create trigger pipeline_object_replaced after update of metadata, name on storage.objects
  for each row when (new.bucket_id = 'files')
  execute function pipeline_internal.on_object_stored();
