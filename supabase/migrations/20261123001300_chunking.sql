-- Cutting the parsed text and embedding the pieces. A document's chunks are replaced as a whole: those that answer questions
-- stay until the next ones have all their vectors. A chunk that embeds the same is the same row, before and after.

create function pipeline_internal.keep_chunks(p_job upload_pipeline.upload_jobs, p_output jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_chunker_name text := p_output ->> 'chunker_name';
  v_chunker_version text := p_output ->> 'chunker_version';
  v_embed_model text := p_output ->> 'embed_model';
  v_first_ord int := coalesce((p_output ->> 'first_ord')::int, 0);
  v_document upload_pipeline.documents;
  v_config regconfig;
  v_filename_words tsvector;
begin
  update upload_pipeline.documents
  set language = coalesce(p_output ->> 'language', language), updated_at = clock_timestamp()
  where document_id = p_job.document_id
  returning * into strict v_document;
  v_config := pipeline_words.config(v_document.language);
  v_filename_words := pipeline_words.vector(v_config, v_document.filename);
  -- What an earlier attempt at this portion, or an earlier cutting, left from here on.
  delete from pipeline_internal.pending_chunks
  where document_id = p_job.document_id and ord >= v_first_ord;
  delete from pipeline_internal.pending_vectors
  where document_id = p_job.document_id and embed_model is distinct from v_embed_model;

  with given as (
    select c.*, encode(extensions.digest(pipeline_internal.embedded_text(c.context, c.text), 'sha256'), 'hex') as chunk_sha,
           pipeline_internal.headings(c.context, c.text) as headings
    from (
      select g.ord, g.page_from, g.page_to, coalesce(g.page_offsets, '{}') as page_offsets,
             coalesce(g.heading_path, '{}') as heading_path, coalesce(g.context, '') as context, g.text, g.tokens
      from jsonb_to_recordset(p_output -> 'chunks') as g (
        ord int, page_from int, page_to int, page_offsets int[], heading_path text[], context text, text text, tokens int)
    ) c
  ), headed as materialized (
    -- Once for all chunks below the same headings.
    select h.headings, pipeline_words.vector(v_config, h.headings) as words from (select distinct g.headings from given g) h
  ), earlier as (
    select c.chunk_sha, count(*) as count from pipeline_internal.pending_chunks c
    where c.document_id = p_job.document_id and c.ord < v_first_ord
    group by c.chunk_sha
  ), counted as (
    select g.*, row_number() over (partition by g.chunk_sha order by g.ord) - 1 + coalesce(e.count, 0) as n
    from given g left join earlier e using (chunk_sha)
  )
  insert into pipeline_internal.pending_chunks (
    document_id, ord, chunk_id, user_id, chunker_name, chunker_version, page_from, page_to, page_offsets, heading_path, text,
    context, chunk_sha, token_count, search_text)
  select p_job.document_id, c.ord,
         pipeline_internal.chunk_id(p_job.document_id, v_chunker_name, v_chunker_version, c.chunk_sha, c.n::int),
         p_job.user_id, v_chunker_name, v_chunker_version, c.page_from, c.page_to, c.page_offsets, c.heading_path, c.text,
         c.context, c.chunk_sha, c.tokens,
         pipeline_internal.search_text(h.words, pipeline_words.vector(v_config, c.text), v_filename_words)
  from counted c join headed h using (headings);

  -- What this user has had embedded already, by whatever chunker and in whichever document, is not paid for again.
  insert into pipeline_internal.pending_vectors (document_id, chunk_sha, user_id, embed_model, embedding, embedded_at)
  select p_job.document_id, c.chunk_sha, p_job.user_id, v_embed_model, known.embedding, known.embedded_at
  from (
    select distinct n.chunk_sha from pipeline_internal.pending_chunks n
    where n.document_id = p_job.document_id and n.ord >= v_first_ord
  ) c
  cross join lateral (
    select k.embedding, k.embedded_at
    from upload_pipeline.document_chunks k
    where k.user_id = p_job.user_id and k.chunk_sha = c.chunk_sha and k.embed_model = v_embed_model
    union all
    select k.embedding, k.embedded_at
    from pipeline_internal.pending_vectors k
    where k.user_id = p_job.user_id and k.chunk_sha = c.chunk_sha and k.embed_model = v_embed_model
    limit 1
  ) known
  -- Its own from before.
  on conflict (document_id, chunk_sha) do nothing;
end $$;
comment on function pipeline_internal.keep_chunks is
  'Keeps a portion of a document''s next chunks; vectors that this user has paid for already serve what embeds the same. p_output: {chunker_name, chunker_version, embed_model, language?, first_ord, chunks: [{ord, page_from, page_to, page_offsets, heading_path, context, text, tokens}]}, the ords counting from first_ord.';

create function pipeline_internal.store_chunks(
  p_lease pipeline_internal.lease, p_output jsonb, p_resume jsonb, p_done int, p_total int
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
begin
  if v_job.job_id is null then return false; end if;
  perform pipeline_internal.keep_chunks(v_job, p_output);
  update upload_pipeline.upload_jobs
  set resume = p_resume, units_done = p_done, units_total = p_total, updated_at = clock_timestamp()
  where job_id = v_job.job_id;
  return true;
end $$;
comment on function pipeline_internal.store_chunks is
  'Keeps a portion of a document''s chunks, as keep_chunks takes it, while the lease goes on: the next invocation begins at p_resume. p_done of p_total parts of the document have been cut. False, keeping nothing, if the lease was lost.';

create function pipeline_internal.apply_chunk(p_job upload_pipeline.upload_jobs, p_output jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.keep_chunks(p_job, p_output);
  update upload_pipeline.documents
  set title = left(p_output ->> 'title', 300), updated_at = clock_timestamp()
  where document_id = p_job.document_id;
end $$;
comment on function pipeline_internal.apply_chunk is
  'With this last portion these are the chunks that this chunker makes of the document, and no others. p_output: as keep_chunks takes it, and title.';

create function pipeline_internal.unembedded_chunks(p_document_id uuid, p_count int)
returns table (chunk_id uuid, text text, tokens int)
language sql stable set search_path = '' as $$
  select c.chunk_id, pipeline_internal.embedded_text(c.context, c.text), c.token_count
  from (
    select min(n.ord) as ord from pipeline_internal.pending_chunks n
    -- Not `not exists`: the vectors are read once, however few they seemed to be when the statement was planned.
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
  'The next chunks that have no vector yet, in the order of the document, with the text that is to be embedded; of those that embed the same, the first.';

create function pipeline_internal.embedded_count(p_document_id uuid, out embedded_count int, out chunk_count int)
language sql stable set search_path = '' as $$
  select count(*) filter (
           where c.chunk_sha in (
             select v.chunk_sha from pipeline_internal.pending_vectors v where v.document_id = p_document_id)),
         count(*)
  from pipeline_internal.pending_chunks c where c.document_id = p_document_id
$$;
comment on function pipeline_internal.embedded_count is
  'How many of a document''s next chunks have their vectors, and how many there are.';

create function pipeline_internal.keep_vectors(
  p_job upload_pipeline.upload_jobs, p_model text, p_chunk_ids uuid[], p_vectors text[]
) returns void
-- However few chunks there seemed to be when this was planned, they are gone through once, not once for each vector.
language plpgsql set search_path = '' set enable_nestloop = off as $$
begin
  insert into pipeline_internal.pending_vectors as n (document_id, chunk_sha, user_id, embed_model, embedding, embedded_at)
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
  'Keeps vectors of these of a document''s next chunks. A vector that is there stays, unless another model made it.';

create function pipeline_internal.store_embeddings(
  p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[], p_charges jsonb default '[]'
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
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
  'Keeps a batch of vectors while the lease goes on, so that a retry embeds only what is missing. False, keeping no vector, if the lease was lost; what they cost is recorded all the same.';

create function pipeline_internal.apply_embed(p_job upload_pipeline.upload_jobs) returns void
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
    chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page_from, page_to, page_offsets, heading_path,
    text, context, chunk_sha, token_count, embed_model, embedding, embedded_at, search_text)
  select n.chunk_id, n.document_id, n.user_id, n.chunker_name, n.chunker_version, n.ord, n.page_from, n.page_to, n.page_offsets,
         n.heading_path, n.text, n.context, n.chunk_sha, n.token_count, v.embed_model, v.embedding, v.embedded_at, n.search_text
  from pipeline_internal.pending_chunks n
  -- One after the other, in their order: sorted with their vectors they would go through files.
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
        -- The vector that answered stays what it was, unless another model made the next.
        embedding = case when d.embed_model = excluded.embed_model then d.embedding else excluded.embedding end,
        embedded_at = case when d.embed_model = excluded.embed_model then d.embedded_at else excluded.embedded_at end
    where (d.chunk_ord, d.page_from, d.page_to, d.page_offsets, d.heading_path, d.text, d.context, d.token_count, d.search_text,
           d.embed_model)
          is distinct from
          (excluded.chunk_ord, excluded.page_from, excluded.page_to, excluded.page_offsets, excluded.heading_path, excluded.text,
           excluded.context, excluded.token_count, excluded.search_text, excluded.embed_model);
  delete from pipeline_internal.pending_chunks where document_id = p_job.document_id;
  delete from pipeline_internal.pending_vectors where document_id = p_job.document_id;
  update upload_pipeline.documents set chunk_count = v_chunk_count, updated_at = clock_timestamp()
  where document_id = p_job.document_id;
end $$;
comment on function pipeline_internal.apply_embed is
  'The switch: from here on the next chunks answer, and those that are not among them are gone. Refuses while a chunk lacks its vector.';

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
