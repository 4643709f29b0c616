-- Who may see what. Users read their own rows and files; only the pipeline writes.

alter table upload_pipeline.statuses enable row level security;
alter table upload_pipeline.documents enable row level security;
alter table upload_pipeline.upload_jobs enable row level security;
alter table upload_pipeline.document_chunks enable row level security;
alter table upload_pipeline.events enable row level security;

create policy "everyone signed in reads the vocabulary" on upload_pipeline.statuses
  for select to authenticated using (true);
create policy "owners read their documents" on upload_pipeline.documents
  for select to authenticated using (user_id = (select auth.uid()));
create policy "owners read their jobs" on upload_pipeline.upload_jobs
  for select to authenticated using (user_id = (select auth.uid()));
create policy "owners read their chunks" on upload_pipeline.document_chunks
  for select to authenticated using (user_id = (select auth.uid()));
create policy "owners read their events" on upload_pipeline.events
  for select to authenticated using (user_id = (select auth.uid()));

grant select on
  upload_pipeline.statuses, upload_pipeline.documents, upload_pipeline.upload_jobs,
  upload_pipeline.document_chunks, upload_pipeline.events
  to authenticated, service_role;

-- Closed to everyone, the owner's functions aside: a grant made by mistake would still show nothing.
alter table pipeline_internal.transitions enable row level security;
alter table pipeline_internal.stages enable row level security;
alter table pipeline_internal.limits enable row level security;
alter table pipeline_internal.next_chunks enable row level security;
alter table pipeline_internal.next_vectors enable row level security;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
select 'files', 'files', false, max_file_bytes, allowed_mime_types || array['text/markdown']
from pipeline_internal.limits
on conflict (id) do nothing;

-- What was checked, and what was made of it. Where uploads land only while one is awaited: to replace a file is to read it.
create policy "owners read their files" on storage.objects
  for select to authenticated
  using (
    bucket_id = 'files'
    and (storage.foldername(name))[1] = 'user'
    and (storage.foldername(name))[2] = (select auth.uid())::text
    and case (storage.foldername(name))[3]
      when 'parsed' then true
      when 'original' then exists (
        select from upload_pipeline.documents
        where documents.original_path = objects.name and documents.verified_at is not null)
      when 'raw' then exists (
        select from upload_pipeline.documents
        join upload_pipeline.upload_jobs using (document_id)
        where documents.raw_path = objects.name and upload_jobs.status = 'awaiting_upload')
      else false end
  );

-- Bytes may be put only where a registered document of the same user still expects them.
create policy "owners upload what they registered" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'files'
    and exists (
      select from upload_pipeline.documents
      join upload_pipeline.upload_jobs using (document_id)
      where documents.raw_path = objects.name
        and documents.user_id = (select auth.uid())
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
        and documents.user_id = (select auth.uid())
        and upload_jobs.status = 'awaiting_upload'
    )
  );
