-- Cutting the parsed text and embedding the pieces.

create function pipeline_internal.finish_chunk(
  p_lease pipeline_internal.lease, p_chunker_name text, p_chunker_version text, p_chunks jsonb
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.take(p_lease);
begin
  if v_job.job_id is null then return false; end if;

  with pieces as (
    select pipeline_internal.chunk_id(v_job.document_id, p_chunker_name, p_chunker_version, c.ord) as chunk_id,
           c.ord, c.page, c.heading_path, c.text, c.tokens,
           encode(extensions.digest(c.text, 'sha256'), 'hex') as chunk_sha
    from jsonb_to_recordset(p_chunks) as c (ord int, page int, heading_path text[], text text, tokens int)
  ), gone as (
    delete from upload_pipeline.document_chunks d
    where d.document_id = v_job.document_id and d.chunk_id not in (select chunk_id from pieces)
  )
  insert into upload_pipeline.document_chunks as d (
    chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page, heading_path, text,
    chunk_sha, token_count)
  select chunk_id, v_job.document_id, v_job.user_id, p_chunker_name, p_chunker_version, ord, page, heading_path,
         text, chunk_sha, tokens
  from pieces
  on conflict (chunk_id) do update
    set page = excluded.page, heading_path = excluded.heading_path, text = excluded.text,
        chunk_sha = excluded.chunk_sha, token_count = excluded.token_count,
        -- A piece whose text is the same keeps the vector that was paid for.
        embedding = case when d.chunk_sha = excluded.chunk_sha then d.embedding end,
        embed_model = case when d.chunk_sha = excluded.chunk_sha then d.embed_model end,
        embedded_at = case when d.chunk_sha = excluded.chunk_sha then d.embedded_at end;

  perform pipeline_internal.pass_through(v_job.job_id, 'chunks_stored');
  perform pipeline_internal.enqueue(v_job.job_id, 'embed');
  return true;
end $$;
comment on function pipeline_internal.finish_chunk is
  'chunking → chunks_stored → embedding_queued: these are the document''s chunks, and no others. p_chunks: [{ord, page, heading_path, text, tokens}].';

create function pipeline_internal.unembedded_chunks(p_document_id uuid, p_count int)
returns table (chunk_id uuid, text text, tokens int)
language sql stable set search_path = '' as $$
  select c.chunk_id, c.text, c.token_count
  from upload_pipeline.document_chunks c
  where c.document_id = p_document_id and c.embedding is null
  order by c.chunk_ord
  limit p_count
$$;

create function pipeline_internal.store_embeddings(
  p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[]
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
begin
  if v_job.job_id is null then return false; end if;

  update upload_pipeline.document_chunks c
  set embedding = v.vector::extensions.vector(1536), embed_model = p_model, embedded_at = clock_timestamp()
  from unnest(p_chunk_ids, p_vectors) v (chunk_id, vector)
  where c.chunk_id = v.chunk_id and c.document_id = v_job.document_id;

  update upload_pipeline.upload_jobs j
  set (units_done, units_total) = (
    select count(*) filter (where c.embedding is not null), count(*)
    from upload_pipeline.document_chunks c where c.document_id = v_job.document_id)
  where j.job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.store_embeddings is
  'Keeps a batch of vectors while the lease goes on, so that a retry embeds only what is missing.';

create function pipeline_internal.finish_embed(p_lease pipeline_internal.lease) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.take(p_lease);
begin
  if v_job.job_id is null then return false; end if;

  if exists (
    select from upload_pipeline.document_chunks
    where document_id = v_job.document_id and embedding is null
  ) then
    raise exception 'document % has chunks without a vector', v_job.document_id;
  end if;
  perform pipeline_internal.pass_through(v_job.job_id, 'embeddings_stored');
  perform pipeline_internal.complete(v_job.job_id);
  return true;
end $$;
comment on function pipeline_internal.finish_embed is
  'embedding_in_progress → embeddings_stored → complete. Refuses while a chunk lacks its vector.';
