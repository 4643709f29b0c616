-- The stage embed: a vector for each pending chunk; then the pending chunks become the active ones.
-- TypeScript: _stages/embed.ts.

insert into pipeline_internal.stages (
  stage, entry_status, working_status, failed_status, redrive_stage, provider,
  max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations
) values (
  'embed', 'embedding_queued', 'embedding_in_progress', 'failed_embedding', 'embed', 'openai',
  5, 2, 300, 0.2, 60, 4, 4, 2
);
update pipeline_internal.stages set next_stage = 'embed' where stage = 'chunk';
select pipeline_internal.create_queues();

create function pipeline_internal.unembedded_chunks(p_document_id uuid, p_count int)
returns table (chunk_id uuid, text text, tokens int)
language sql stable set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
  select c.chunk_id, pipeline_internal.embedded_text(c.context, c.text), c.token_count
  from (
    select min(n.ord) as ord from pipeline_internal.pending_chunks n
    -- Unlike `not exists`, this reads the vectors once, however few they were when the statement was planned.
    where n.document_id = p_document_id and n.chunk_sha not in (
      select v.chunk_sha from pipeline_internal.pending_vectors v where v.document_id = p_document_id)
    group by n.chunk_sha
    order by 1
    limit p_count
  ) missing
  join pipeline_internal.pending_chunks c on c.document_id = p_document_id and c.ord = missing.ord
  order by c.ord
$$;
comment on function pipeline_internal.unembedded_chunks is
  'The pending chunks without a vector, in the order of the document, with the text to embed; of chunks that embed '
  'the same text, the first.';

create function pipeline_internal.embedded_count(p_document_id uuid, out embedded_count int, out chunk_count int)
language sql stable set search_path = '' as $$
  select count(*) filter (
           where c.chunk_sha in (
             select v.chunk_sha from pipeline_internal.pending_vectors v where v.document_id = p_document_id)),
         count(*)
  from pipeline_internal.pending_chunks c where c.document_id = p_document_id
$$;
comment on function pipeline_internal.embedded_count is
  'How many of a document''s pending chunks have their vectors, and how many there are.';

create function pipeline_internal.keep_vectors(
  p_job upload_pipeline.upload_jobs, p_model text, p_chunk_ids uuid[], p_vectors text[]
) returns void
-- Reads the chunks once rather than once for each vector, however few they were when the statement was planned.
language plpgsql set search_path = '' set enable_nestloop = off as $$
begin
  insert into pipeline_internal.pending_vectors as n (document_id, chunk_sha, user_id, embed_model, embedding,
    embedded_at)
  select distinct on (c.chunk_sha)
         p_job.document_id, c.chunk_sha, p_job.user_id, p_model, v.vector::extensions.halfvec(1536), clock_timestamp()
  from unnest(p_chunk_ids, p_vectors) with ordinality v (chunk_id, vector, place)
  join pipeline_internal.pending_chunks c on c.document_id = p_job.document_id and c.chunk_id = v.chunk_id
  order by c.chunk_sha, v.place
  on conflict (document_id, chunk_sha) do update
    set embed_model = excluded.embed_model, embedding = excluded.embedding, embedded_at = excluded.embedded_at
    where n.embed_model <> excluded.embed_model;
end $$;
comment on function pipeline_internal.keep_vectors is
  'Keeps vectors of these pending chunks of a document. A vector that exists stays, unless another model made it.';

create function pipeline_internal.store_embeddings(
  p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[], p_charges jsonb default '[]'
) returns boolean
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
begin
  perform pipeline_internal.record_charges(p_charges, array[v_job.job_id]);
  if v_job.job_id is null then return false; end if;

  perform pipeline_internal.keep_vectors(v_job, p_model, p_chunk_ids, p_vectors);
  update upload_pipeline.upload_jobs j
  set units_done = counted.embedded_count, units_total = counted.chunk_count, updated_at = clock_timestamp()
  from pipeline_internal.embedded_count(v_job.document_id) counted
  where j.job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.store_embeddings is
  'Keeps a batch of vectors while the attempt goes on, so that a retry embeds only the missing ones. False: the '
  'lease was lost, so no vector is kept; the charges are recorded all the same.';

create function pipeline_internal.complete_embed(p_job upload_pipeline.upload_jobs) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_chunk_count int;
  v_embedded_count int;
begin
  select c.chunk_count, c.embedded_count into v_chunk_count, v_embedded_count
  from pipeline_internal.embedded_count(p_job.document_id) c;
  if v_chunk_count = 0 then
    raise exception 'document % has no chunks to answer with', p_job.document_id;
  elsif v_embedded_count < v_chunk_count then
    raise exception 'document % has chunks without a vector', p_job.document_id;
  end if;

  delete from upload_pipeline.document_chunks d
  where d.document_id = p_job.document_id and d.chunk_id not in (
    select n.chunk_id from pipeline_internal.pending_chunks n where n.document_id = p_job.document_id);
  insert into upload_pipeline.document_chunks as d (
    chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page_from, page_to, page_offsets,
    heading_path,
    text, context, chunk_sha, token_count, embed_model, embedding, embedded_at, search_text)
  select n.chunk_id, n.document_id, n.user_id, n.chunker_name, n.chunker_version, n.ord, n.page_from, n.page_to,
         n.page_offsets,
         n.heading_path, n.text, n.context, n.chunk_sha, n.token_count, v.embed_model, v.embedding, v.embedded_at,
         n.search_text
  from pipeline_internal.pending_chunks n
  -- Reads them one by one in their order: a sort of chunks with their vectors would spill to disk.
  cross join lateral (
    select w.* from pipeline_internal.pending_vectors w
    where w.document_id = p_job.document_id and w.chunk_sha = n.chunk_sha
    limit 1
  ) v
  where n.document_id = p_job.document_id
  order by n.ord
  on conflict (chunk_id) do update
    set chunk_ord = excluded.chunk_ord, page_from = excluded.page_from, page_to = excluded.page_to,
        page_offsets = excluded.page_offsets, heading_path = excluded.heading_path, text = excluded.text,
        context = excluded.context, token_count = excluded.token_count, search_text = excluded.search_text,
        embed_model = excluded.embed_model,
        -- The active vector stays, unless another model made the pending one.
        embedding = case when d.embed_model = excluded.embed_model then d.embedding else excluded.embedding end,
        embedded_at = case when d.embed_model = excluded.embed_model then d.embedded_at else excluded.embedded_at end
    where (d.chunk_ord, d.page_from, d.page_to, d.page_offsets, d.heading_path, d.text, d.context, d.token_count,
      d.search_text,
           d.embed_model)
          is distinct from
          (excluded.chunk_ord, excluded.page_from, excluded.page_to, excluded.page_offsets, excluded.heading_path,
          excluded.text,
           excluded.context, excluded.token_count, excluded.search_text, excluded.embed_model);
  delete from pipeline_internal.pending_chunks where document_id = p_job.document_id;
  delete from pipeline_internal.pending_vectors where document_id = p_job.document_id;
  update upload_pipeline.documents set chunk_count = v_chunk_count, updated_at = clock_timestamp()
  where document_id = p_job.document_id;
  return 0;
end $$;
comment on function pipeline_internal.complete_embed is
  'Makes the pending chunks the active ones and removes the others. Raises an error if a pending chunk lacks its '
  'vector.';
