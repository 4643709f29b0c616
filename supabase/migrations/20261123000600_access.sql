-- Access rules: users read their own rows and files, and only the pipeline writes.

alter table pipeline_internal.limits add column allow_anonymous_users boolean not null default false;
comment on column pipeline_internal.limits.allow_anonymous_users is
  'Whether the pipeline serves users whom Auth created without an address or a password (is_anonymous). One person can '
  'create any number of them.';

create schema pipeline_access;
comment on schema pipeline_access is 'Functions that policies call. Not exposed.';
grant usage on schema pipeline_access to authenticated, service_role;

create function pipeline_access.caller_id() returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  if (auth.jwt() ->> 'is_anonymous')::boolean
     and not (select l.allow_anonymous_users from pipeline_internal.limits l) then
    return null;
  end if;
  return auth.uid();
end $$;
comment on function pipeline_access.caller_id is
  'The user of the request, as auth.uid(); null for an anonymous user, unless these are allowed. Runs as its owner, to '
  'read that setting.';
revoke execute on function pipeline_access.caller_id from public, anon;
grant execute on function pipeline_access.caller_id to authenticated, service_role;

alter table upload_pipeline.statuses enable row level security;
alter table upload_pipeline.documents enable row level security;
alter table upload_pipeline.upload_jobs enable row level security;
alter table upload_pipeline.document_chunks enable row level security;
alter table upload_pipeline.events enable row level security;

create policy "everyone signed in reads the vocabulary" on upload_pipeline.statuses
  for select to authenticated using (true);
create policy "owners read their documents" on upload_pipeline.documents
  for select to authenticated using (user_id = (select pipeline_access.caller_id()));
create policy "owners read their jobs" on upload_pipeline.upload_jobs
  for select to authenticated using (user_id = (select pipeline_access.caller_id()));
create policy "owners read their chunks" on upload_pipeline.document_chunks
  for select to authenticated using (user_id = (select pipeline_access.caller_id()));
create policy "owners read their events" on upload_pipeline.events
  for select to authenticated using (user_id = (select pipeline_access.caller_id()));

grant select on
  upload_pipeline.statuses, upload_pipeline.documents, upload_pipeline.upload_jobs,
  upload_pipeline.document_chunks, upload_pipeline.events
  to authenticated, service_role;

create function pipeline_internal.require_account(p_user_id uuid) returns void
language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from auth.users where id = p_user_id and deleted_at is null) then
    -- The Data API derives the HTTP status from this code.
    raise exception 'The account of this token was deleted.' using errcode = 'PT401';
  end if;
end $$;
comment on function pipeline_internal.require_account is
  'Refuses a user whose account was deleted, with PT401: an access token stays valid until it expires.';
revoke execute on function pipeline_internal.require_account from public, anon, authenticated, service_role;

-- A second barrier beside the missing grants: a grant made by mistake would still show no rows.
alter table pipeline_internal.transitions enable row level security;
alter table pipeline_internal.stages enable row level security;
alter table pipeline_internal.limits enable row level security;
alter table pipeline_internal.pending_chunks enable row level security;
alter table pipeline_internal.pending_vectors enable row level security;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
select 'files', 'files', false, greatest(max_file_bytes, max_text_bytes), allowed_mime_types || array['text/markdown']
from pipeline_internal.limits
on conflict (id) do nothing;

create function pipeline_internal.on_file_limits_changed() returns trigger
language plpgsql set search_path = '' as $$
begin
  update storage.buckets set file_size_limit = greatest(new.max_file_bytes, new.max_text_bytes) where id = 'files';
  return null;
end $$;
comment on function pipeline_internal.on_file_limits_changed is
  'Has Storage take files, and parsed texts, as large as limits says. The project''s own limit of Storage still holds.';
create trigger on_file_limits_changed after update of max_file_bytes, max_text_bytes on pipeline_internal.limits
  for each row execute function pipeline_internal.on_file_limits_changed();
revoke execute on function pipeline_internal.on_file_limits_changed from public, anon, authenticated, service_role;

-- Users read verified originals and parsed text of existing documents: a file is removed shortly after its document,
-- and a token outlives its account. They read the upload path only while an upload is awaited, because replacing a file
-- requires reading it.
create policy "owners read their files" on storage.objects
  for select to authenticated
  using (
    bucket_id = 'files'
    and (storage.foldername(name))[1] = 'user'
    and (storage.foldername(name))[2] = (select pipeline_access.caller_id())::text
    and case (storage.foldername(name))[3]
      -- One subquery for all files of a listing; row-level security limits it to the caller's documents.
      when 'parsed' then split_part(storage.filename(name), '.', 1) in (
        select document_id::text from upload_pipeline.documents)
      when 'original' then exists (
        select from upload_pipeline.documents
        where documents.original_path = objects.name and documents.verified_at is not null)
      when 'raw' then exists (
        select from upload_pipeline.documents
        join upload_pipeline.upload_jobs using (document_id)
        where documents.raw_path = objects.name and upload_jobs.status = 'awaiting_upload')
      else false end
  );

-- Users write bytes only where one of their registered documents still awaits them.
create policy "owners upload what they registered" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'files'
    and exists (
      select from upload_pipeline.documents
      join upload_pipeline.upload_jobs using (document_id)
      where documents.raw_path = objects.name
        and documents.user_id = (select pipeline_access.caller_id())
        and upload_jobs.status = 'awaiting_upload'
    )
  );
create policy "owners replace what they registered" on storage.objects
  for update to authenticated
  using (
    bucket_id = 'files'
    and exists (
      select from upload_pipeline.documents
      join upload_pipeline.upload_jobs using (document_id)
      where documents.raw_path = objects.name
        and documents.user_id = (select pipeline_access.caller_id())
        and upload_jobs.status = 'awaiting_upload'
    )
  );
