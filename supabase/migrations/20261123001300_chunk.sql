-- The stage chunk: splits the parsed text into chunks. They stay pending, and the active chunks answer questions, until
-- all of them have their vectors. A chunk that embeds the same text keeps its row. TypeScript: _stages/chunk.ts.

insert into pipeline_internal.stages (
  stage, entry_status, working_status, failed_status, redrive_stage,
  max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations
) values (
  'chunk', 'parse_validated', 'chunking', 'failed_chunking', 'chunk',
  3, 1, 60, 0.2, 60, 2, 2, 2
);
update pipeline_internal.stages set next_stage = 'chunk' where stage = 'fetch_result';
select pipeline_internal.create_queues();

create type pipeline_internal.chunk_of_output as (
  ord int, page_from int, page_to int, page_offsets int[], heading_path text[], context text, text text, tokens int
);
create type pipeline_internal.chunk_output as (
  chunker_name text, chunker_version text, embed_model text, language text, title text,
  -- The chunks' ords count from here.
  first_ord int, chunks pipeline_internal.chunk_of_output[]
);

create function pipeline_internal.keep_chunks(
  p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output
) returns void
language plpgsql set search_path = '' as $$
declare
  v_first_ord int := coalesce(p_output.first_ord, 0);
  v_document upload_pipeline.documents;
  v_config regconfig;
  v_filename_words tsvector;
begin
  update upload_pipeline.documents
  set language = coalesce(p_output.language, language), updated_at = clock_timestamp()
  where document_id = p_job.document_id
  returning * into strict v_document;
  v_config := pipeline_words.config(v_document.language);
  v_filename_words := pipeline_words.vector(v_config, v_document.filename);
  -- An earlier attempt at this portion, or an earlier version, may have left chunks from here on.
  delete from pipeline_internal.pending_chunks
  where document_id = p_job.document_id and ord >= v_first_ord;
  delete from pipeline_internal.pending_vectors
  where document_id = p_job.document_id and embed_model is distinct from p_output.embed_model;

  with given as (
    select c.*, encode(extensions.digest(pipeline_internal.embedded_text(c.context, c.text), 'sha256'),
           'hex') as chunk_sha,
           pipeline_internal.headings(c.context, c.text) as headings
    from (
      select g.ord, g.page_from, g.page_to, coalesce(g.page_offsets, '{}') as page_offsets,
             coalesce(g.heading_path, '{}') as heading_path, coalesce(g.context, '') as context, g.text, g.tokens
      from unnest(p_output.chunks) g
    ) c
  ), headed as materialized (
    -- Once for all chunks under the same headings.
    select h.headings, pipeline_words.vector(v_config, h.headings) as words
    from (select distinct g.headings from given g) h
  ), earlier as (
    select c.chunk_sha, count(*) as count from pipeline_internal.pending_chunks c
    where c.document_id = p_job.document_id and c.ord < v_first_ord
    group by c.chunk_sha
  ), counted as (
    select g.*, row_number() over (partition by g.chunk_sha order by g.ord) - 1 + coalesce(e.count, 0) as n
    from given g left join earlier e using (chunk_sha)
  )
  insert into pipeline_internal.pending_chunks (
    document_id, ord, chunk_id, user_id, chunker_name, chunker_version, page_from, page_to, page_offsets,
    heading_path, text,
    context, chunk_sha, token_count, search_text)
  select p_job.document_id, c.ord,
         pipeline_internal.chunk_id(p_job.document_id, p_output.chunker_name, p_output.chunker_version, c.chunk_sha,
         c.n::int),
         p_job.user_id, p_output.chunker_name, p_output.chunker_version, c.page_from, c.page_to, c.page_offsets,
         c.heading_path, c.text,
         c.context, c.chunk_sha, c.tokens,
         pipeline_internal.search_text(h.words, pipeline_words.vector(v_config, c.text), v_filename_words)
  from counted c join headed h using (headings);

  -- The vectors that this user has paid for serve all their documents, whichever chunker made the text.
  insert into pipeline_internal.pending_vectors (document_id, chunk_sha, user_id, embed_model, embedding, embedded_at)
  select p_job.document_id, c.chunk_sha, p_job.user_id, p_output.embed_model, known.embedding, known.embedded_at
  from (
    select distinct n.chunk_sha from pipeline_internal.pending_chunks n
    where n.document_id = p_job.document_id and n.ord >= v_first_ord
  ) c
  cross join lateral (
    select k.embedding, k.embedded_at
    from upload_pipeline.document_chunks k
    where k.user_id = p_job.user_id and k.chunk_sha = c.chunk_sha and k.embed_model = p_output.embed_model
    union all
    select k.embedding, k.embedded_at
    from pipeline_internal.pending_vectors k
    where k.user_id = p_job.user_id and k.chunk_sha = c.chunk_sha and k.embed_model = p_output.embed_model
    limit 1
  ) known
  -- The document's own pending vectors.
  on conflict (document_id, chunk_sha) do nothing;
end $$;
comment on function pipeline_internal.keep_chunks is
  'Keeps a portion of a document''s pending chunks, with the vectors that this user has paid for and whose chunks '
  'embed the same text.';

create function pipeline_internal.store_chunks(
  p_lease pipeline_internal.lease, p_output pipeline_internal.chunk_output, p_resume jsonb, p_done int, p_total int
) returns boolean
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
begin
  if v_job.job_id is null then return false; end if;
  perform pipeline_internal.keep_chunks(v_job, p_output);
  update upload_pipeline.upload_jobs
  set resume = p_resume, units_done = p_done, units_total = p_total, updated_at = clock_timestamp()
  where job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.store_chunks is
  'Keeps a portion of a document''s pending chunks while the attempt goes on. The next invocation begins at '
  'p_resume; p_done of p_total parts of the document are chunked. False, and nothing kept: the lease was lost.';

create function pipeline_internal.complete_chunk(
  p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output
) returns double precision
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.keep_chunks(p_job, p_output);
  update upload_pipeline.documents
  set title = left(p_output.title, 300), updated_at = clock_timestamp()
  where document_id = p_job.document_id;
  return 0;
end $$;
comment on function pipeline_internal.complete_chunk is
  'Keeps the last portion: the pending chunks are all that this version of the chunker makes of the document.';

create function pipeline_internal.rechunk(p_document_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job_id uuid;
begin
  select job_id into v_job_id from upload_pipeline.upload_jobs
  where document_id = p_document_id and status = 'complete' for update;
  if not found then return false; end if;
  perform pipeline_internal.enqueue(array[v_job_id], 'chunk');
  return true;
end $$;
comment on function pipeline_internal.rechunk is
  'Re-chunks and re-embeds a complete document, as after a new version of the chunker or the model. Its active '
  'version can be searched meanwhile. False: the document is not complete.';
