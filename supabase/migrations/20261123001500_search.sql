-- Search over one's own chunks: by meaning, by words, or both.

create function upload_pipeline.search_chunks(
  query_embedding extensions.vector(1536) default null,
  query_text text default null,
  match_count int default 8,
  document_ids uuid[] default null,
  mode text default 'hybrid'
) returns table (
  chunk_id uuid, document_id uuid, filename text, chunk_ord int, page int, page_from int, page_to int, heading_path text[],
  content text, score double precision, vector_rank int, text_rank int
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  -- Each side offers more than is asked for, so that what both find can rise above what one finds first.
  v_candidates int := 4 * least(greatest(match_count, 1), 50);
  -- Any of the words may match, in any of the languages that there are documents in; chunks that have more rank higher.
  v_words tsquery := pipeline_words.query(array(
    select distinct pipeline_words.config(d.language) from upload_pipeline.documents d
    where document_ids is null or d.document_id = any (document_ids)), query_text);
begin
  if mode is null or mode not in ('hybrid', 'vector', 'text') then
    raise exception 'mode must be hybrid, vector or text, not %', coalesce(mode, 'null') using errcode = 'invalid_parameter_value';
  end if;

  return query
  with by_meaning as (
    select near.chunk_id, near.similarity, row_number() over (order by near.similarity desc, near.chunk_id)::int as rank
    from (
      select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) query_embedding::extensions.halfvec) as similarity
      from upload_pipeline.document_chunks c
      where mode <> 'text' and query_embedding is not null
        and (document_ids is null or c.document_id = any (document_ids))
      order by c.embedding operator(extensions.<=>) query_embedding::extensions.halfvec
      limit v_candidates
    ) near
  ), by_words as (
    select hit.chunk_id, hit.relevance, row_number() over (order by hit.relevance desc, hit.chunk_id)::int as rank
    from (
      -- 33: the rank is scaled into 0..1 and divided by the logarithm of the length.
      select c.chunk_id, ts_rank(c.search_text, v_words, 33)::double precision as relevance
      from upload_pipeline.document_chunks c
      where mode <> 'vector' and c.search_text @@ v_words
        and (document_ids is null or c.document_id = any (document_ids))
      order by relevance desc
      limit v_candidates
    ) hit
  ), ranked as (
    select coalesce(m.chunk_id, w.chunk_id) as chunk_id,
           case mode
             when 'vector' then m.similarity
             when 'text' then w.relevance
             -- Reciprocal rank fusion with the customary constant 60, scaled so that first on both sides is 1.
             else (coalesce(1.0 / (60 + m.rank), 0) + coalesce(1.0 / (60 + w.rank), 0)) * 61 / 2
           end::double precision as score,
           m.rank as vector_rank, w.rank as text_rank
    from by_meaning m full join by_words w on w.chunk_id = m.chunk_id
  )
  select c.chunk_id, c.document_id, d.filename, c.chunk_ord, matching.page, c.page_from, c.page_to, c.heading_path, c.text,
         r.score, r.vector_rank, r.text_rank
  from ranked r
  join upload_pipeline.document_chunks c on c.chunk_id = r.chunk_id
  join upload_pipeline.documents d on d.document_id = c.document_id
  -- Of a chunk on several pages, the one that has most of the question's words.
  left join lateral (
    select c.page_from + i - 1 as page
    from generate_subscripts(c.page_offsets, 1) i
    cross join lateral substr(c.text, c.page_offsets[i] + 1, coalesce(c.page_offsets[i + 1], char_length(c.text)) - c.page_offsets[i]) part
    order by case when c.page_to > c.page_from then ts_rank(pipeline_words.vector(pipeline_words.config(d.language), part), v_words) end desc, i
    limit 1
  ) matching on true
  order by r.score desc, c.document_id, c.chunk_ord
  limit least(greatest(match_count, 1), 50);
end $$;
comment on function upload_pipeline.search_chunks is
  'The caller''s best matching chunks, at most 50. page is that of the passage that matched, of the pages from page_from to page_to. Runs with the caller''s rights: row-level security decides what can be found.';
revoke execute on function upload_pipeline.search_chunks from public, anon;
grant execute on function upload_pipeline.search_chunks to authenticated, service_role;
