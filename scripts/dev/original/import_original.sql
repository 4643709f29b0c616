-- Imports the original Python system's data, restored into the schema `original`, into the pipeline's tables. Ids stay.
-- The import can be repeated: existing rows stay unchanged. See docs/deploying/moving.md.
--
-- Statuses that both systems have keep their meaning. A job that the original had not finished is imported as given up
-- with the code MIGRATED, so that pipeline_internal.redrive_all(p_code => 'MIGRATED') redrives it.

begin;

-- The documents to import, and their file's future path. original.left_behind lists the others.
create or replace view original.importable as
select d.*,
       'user/' || d.user_id || '/raw/' || file.name as new_raw_path,
       'user/' || d.user_id || '/original/' || file.name as new_original_path,
       case when d.parsed_path is not null
            then 'user/' || d.user_id || '/parsed/' || d.document_id || '.md' end as new_parsed_path
from original.documents d
cross join lateral (
  select d.document_id || coalesce(substring(d.raw_path from '\.[A-Za-z0-9]+$'), '.pdf')) file (name)
where d.user_id in (select id from auth.users)
  and d.file_sha256 ~ '^[0-9a-f]{64}$'
  and d.bytes_len > 0;

create or replace view original.left_behind as
select d.document_id, d.user_id,
       case when d.user_id not in (select id from auth.users) then 'its owner has no account in this project'
            when d.file_sha256 !~ '^[0-9a-f]{64}$' then 'its sha256 is not one'
            else 'it has no bytes' end as reason
from original.documents d
where d.document_id not in (select document_id from original.importable);

-- The path to which each stored file has to be copied, unless it exists (bucket `files`).
create or replace view original.files_to_copy as
select ltrim(regexp_replace(path, '^/?files/', ''), '/') as from_path, new_path as to_path
from original.importable
cross join lateral (values (raw_path, new_original_path), (parsed_path, new_parsed_path)) file (path, new_path)
where path is not null and ltrim(regexp_replace(path, '^/?files/', ''), '/') <> new_path;

-- The last job of each document: in the pipeline a document has only one.
create or replace view original.last_jobs as
select distinct on (document_id) * from original.upload_jobs
order by document_id, created_at desc, job_id;

-- Documents with a vector for every chunk of one chunker: only these are searchable. The newest chunker is used.
create or replace view original.complete_chunkers as
select distinct on (document_id) document_id, chunker_name, chunker_version
from original.document_chunks
group by document_id, chunker_name, chunker_version
having bool_and(embedding is not null)
order by document_id, max(created_at) desc;

insert into upload_pipeline.documents (
  document_id, user_id, filename, filename_full, mime, bytes_len, file_sha256, raw_path, original_path,
  parsed_path, parsed_sha256,
  created_at, updated_at)
select d.document_id, d.user_id, left(named.whole, 120 - char_length(named.extension)) || named.extension,
       case when char_length(named.whole) > 120 then named.whole end, d.mime, d.bytes_len,
       d.file_sha256, d.new_raw_path, d.new_original_path, d.new_parsed_path,
       case when d.parsed_sha256 ~ '^[0-9a-f]{64}$' then d.parsed_sha256 end, d.created_at, d.updated_at
from original.importable d
cross join lateral (
  -- A long name keeps its beginning and its extension.
  select whole, case
    when char_length(whole) > 120 then coalesce(substring(whole from '[^.](\.[[:alnum:]_-]{1,16})$'), '') else '' end
  from (select left(normalize(coalesce(nullif(btrim(d.filename), ''), 'document'), NFC), 1000)) given (whole)
) named (whole, extension)
on conflict do nothing;

insert into upload_pipeline.upload_jobs (
  job_id, document_id, user_id, status, state, retry_count, last_error, finished_at, created_at, updated_at)
select coalesce(j.job_id, extensions.uuid_generate_v5(d.document_id, 'job')), d.document_id, d.user_id, outcome.status,
       case when outcome.status in ('complete', 'duplicate') then 'done' else 'deadletter' end,
       coalesce(j.retry_count, 0),
       case when outcome.status in ('complete', 'duplicate') then null
            when j.status = outcome.status then jsonb_build_object(
              'code', coalesce(j.last_error ->> 'code', 'MIGRATED'),
              'message', coalesce(j.last_error ->> 'message', 'It had failed before the move.'),
              'reference', gen_random_uuid())
            else jsonb_build_object(
              'code', 'MIGRATED', 'message', 'It was not finished when the system moved.',
              'reference', gen_random_uuid())
       end,
       coalesce(j.updated_at, d.updated_at), coalesce(j.created_at, d.created_at), coalesce(j.updated_at, d.updated_at)
from upload_pipeline.documents d
join original.importable o using (document_id)
left join original.last_jobs j using (document_id)
left join original.complete_chunkers c using (document_id)
cross join lateral (select coalesce(j.status, o.processing_status) as status) was
cross join lateral (select case
    when was.status in ('complete', 'embeddings_stored') and c.document_id is not null then 'complete'
    when was.status = 'duplicate' then 'duplicate'
    when was.status in ('failed_chunking', 'failed_embedding') then was.status
    else 'failed_parse' end as status) outcome
on conflict do nothing;

-- The original had verified the documents that it parsed. The parse stage verifies the others.
update upload_pipeline.documents d set verified_at = d.created_at
from upload_pipeline.upload_jobs j
where j.document_id = d.document_id and j.status <> 'failed_parse' and d.verified_at is null
  and d.document_id in (select document_id from original.importable);

insert into upload_pipeline.document_chunks (
  chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, text, chunk_sha, search_text,
  token_count, embed_model, embedding, embedded_at, created_at)
select k.chunk_id, k.document_id, d.user_id, k.chunker_name, k.chunker_version, k.chunk_ord, k.text,
       -- The original embedded only the text, without pages and language.
       encode(sha256(convert_to(pipeline_internal.embedded_text('', k.text), 'UTF8')), 'hex'),
       pipeline_internal.search_text(null, d.filename, '', k.text),
       -- The original did not count tokens; English has about four characters per token.
       greatest(1, char_length(k.text) / 4),
       coalesce(k.embed_model, 'text-embedding-3-small'), k.embedding::extensions.halfvec, k.updated_at, k.created_at
from original.document_chunks k
join original.complete_chunkers using (document_id, chunker_name, chunker_version)
join upload_pipeline.documents d using (document_id)
join upload_pipeline.upload_jobs j on j.document_id = d.document_id and j.status = 'complete'
where k.text <> ''
  -- A document that was re-chunked after an earlier import keeps its new chunks.
  and not exists (select from upload_pipeline.document_chunks c where c.document_id = k.document_id)
on conflict do nothing;

update upload_pipeline.documents d
set chunk_count = counted.chunk_count
from (
  select c.document_id, count(*) as chunk_count
  from upload_pipeline.document_chunks c where c.document_id in (select document_id from original.importable) group by 1
) counted
where counted.document_id = d.document_id and counted.chunk_count <> d.chunk_count;

insert into upload_pipeline.events (
  event_id, document_id, job_id, user_id, type, status, code, message, correlation_id, created_at)
select e.event_id, e.document_id, e.job_id, d.user_id,
       case e.type when 'error' then 'failure' when 'retry' then 'retry' else 'status' end,
       j.status, e.code, left(e.payload ->> 'message', 2000), e.correlation_id::text, e.created_at
from original.events e
join upload_pipeline.documents d using (document_id)
join upload_pipeline.upload_jobs j on j.document_id = d.document_id
where d.document_id in (select document_id from original.importable)
order by e.created_at
on conflict do nothing;

commit;
