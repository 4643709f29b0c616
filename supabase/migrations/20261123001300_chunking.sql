-- Cutting the parsed text and embedding the pieces. A document's chunks are replaced as a whole: those of the chunker that
-- answers questions stay until the others have all their vectors.

create function pipeline_internal.apply_chunk(p_job upload_pipeline.upload_jobs, p_output jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_chunker_name text := p_output ->> 'chunker_name';
  v_chunker_version text := p_output ->> 'chunker_version';
begin
  update upload_pipeline.documents
  set next_chunker_name = v_chunker_name, next_chunker_version = v_chunker_version, updated_at = clock_timestamp()
  where document_id = p_job.document_id;

  with pieces as (
    select pipeline_internal.chunk_id(p_job.document_id, v_chunker_name, v_chunker_version, c.ord) as chunk_id,
           c.ord, c.page, c.heading_path, c.text, c.tokens,
           encode(extensions.digest(c.text, 'sha256'), 'hex') as chunk_sha
    from jsonb_to_recordset(p_output -> 'chunks') as c (ord int, page int, heading_path text[], text text, tokens int)
  ), gone as (
    delete from upload_pipeline.document_chunks d
    where d.document_id = p_job.document_id
      and d.chunker_name = v_chunker_name and d.chunker_version = v_chunker_version
      and d.chunk_id not in (select chunk_id from pieces)
  )
  insert into upload_pipeline.document_chunks as d (
    chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page, heading_path, text,
    chunk_sha, token_count, embedding, embed_model, embedded_at)
  select p.chunk_id, p_job.document_id, p_job.user_id, v_chunker_name, v_chunker_version, p.ord, p.page,
         p.heading_path, p.text, p.chunk_sha, p.tokens, known.embedding, known.embed_model, known.embedded_at
  from pieces p
  -- A text that this user has had embedded already, by whatever chunker and in whichever document, is not paid for again.
  left join lateral (
    select k.embedding, k.embed_model, k.embedded_at
    from upload_pipeline.document_chunks k
    where k.user_id = p_job.user_id and k.chunk_sha = p.chunk_sha and k.embed_model = p_output ->> 'embed_model'
    limit 1
  ) known on true
  on conflict (chunk_id) do update
    set page = excluded.page, heading_path = excluded.heading_path, text = excluded.text,
        chunk_sha = excluded.chunk_sha, token_count = excluded.token_count, embedding = excluded.embedding,
        embed_model = excluded.embed_model, embedded_at = excluded.embedded_at;
end $$;
comment on function pipeline_internal.apply_chunk is
  'These are the chunks that this chunker makes of the document, and no others; vectors that were paid for are kept. p_output: {chunker_name, chunker_version, embed_model, chunks: [{ord, page, heading_path, text, tokens}]}.';

create function pipeline_internal.unembedded_chunks(p_document_id uuid, p_count int)
returns table (chunk_id uuid, text text, tokens int)
language sql stable set search_path = '' as $$
  select c.chunk_id, c.text, c.token_count
  from upload_pipeline.document_chunks c
  join upload_pipeline.documents d using (document_id)
  where c.document_id = p_document_id and c.embedding is null
    and c.chunker_name = d.next_chunker_name and c.chunker_version = d.next_chunker_version
  order by c.chunk_ord
  limit p_count
$$;

create function pipeline_internal.store_embeddings(
  p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[], p_charges jsonb default '[]'
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
begin
  perform pipeline_internal.record_charges(p_charges, array[v_job.job_id]);
  if v_job.job_id is null then return false; end if;

  update upload_pipeline.document_chunks c
  set embedding = v.vector::extensions.vector(1536), embed_model = p_model, embedded_at = clock_timestamp()
  from unnest(p_chunk_ids, p_vectors) v (chunk_id, vector)
  where c.chunk_id = v.chunk_id and c.document_id = v_job.document_id;

  update upload_pipeline.upload_jobs j
  set (units_done, units_total) = (
        select count(*) filter (where c.embedding is not null), count(*)
        from upload_pipeline.document_chunks c
        join upload_pipeline.documents d using (document_id)
        where c.document_id = v_job.document_id
          and c.chunker_name = d.next_chunker_name and c.chunker_version = d.next_chunker_version),
      updated_at = clock_timestamp()
  where j.job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.store_embeddings is
  'Keeps a batch of vectors while the lease goes on, so that a retry embeds only what is missing. False, keeping no vector, if the lease was lost; what they cost is recorded all the same.';

create function pipeline_internal.apply_embed(p_job upload_pipeline.upload_jobs) returns void
language plpgsql set search_path = '' as $$
begin
  if exists (
    select from upload_pipeline.document_chunks c
    join upload_pipeline.documents d using (document_id)
    where c.document_id = p_job.document_id and c.embedding is null
      and c.chunker_name = d.next_chunker_name and c.chunker_version = d.next_chunker_version
  ) then
    raise exception 'document % has chunks without a vector', p_job.document_id;
  end if;

  update upload_pipeline.documents
  set live_chunker_name = next_chunker_name, live_chunker_version = next_chunker_version,
      updated_at = clock_timestamp()
  where document_id = p_job.document_id;
  delete from upload_pipeline.document_chunks c
  using upload_pipeline.documents d
  where c.document_id = p_job.document_id and d.document_id = c.document_id
    and (c.chunker_name, c.chunker_version) <> (d.live_chunker_name, d.live_chunker_version);
end $$;
comment on function pipeline_internal.apply_embed is
  'The switch: from here on the new chunks answer, and the old ones are gone. Refuses while a chunk lacks its vector.';

create function pipeline_internal.rechunk(p_document_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job_id uuid;
begin
  select job_id into v_job_id from upload_pipeline.upload_jobs
  where document_id = p_document_id and status = 'complete' for update;
  if not found then return false; end if;
  perform pipeline_internal.enqueue(v_job_id, 'chunk');
  return true;
end $$;
comment on function pipeline_internal.rechunk is
  'Sends a complete document through chunking and embedding again, as after a new version of the chunker or the model; it can be searched meanwhile. False: it is not complete.';
