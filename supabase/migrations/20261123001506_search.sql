-- Searches the caller's own chunks: by vector, by words, or both.

create type pipeline_search.candidate as (
  chunk_id uuid,
  document_id uuid,
  score double precision,
  similarity double precision,
  text_score double precision,
  vector_rank int,
  text_rank int,
  -- Why the candidate is not a result; null: it is one.
  drop_reason text,
  -- The chunk that is returned instead, because it has the same text.
  same_as uuid
);

create function pipeline_search.meaning_score(p_similarity double precision) returns double precision
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- With text-embedding-3-small, unrelated texts have a cosine similarity of 0.1 to 0.2, and a question and its answer
  -- one of 0.4 to 0.7.
  return 1 / (1 + exp((0.28 - p_similarity) / 0.07));
end $$;
comment on function pipeline_search.meaning_score is 'Maps a cosine similarity to a score from 0 to 1.';

create function pipeline_search.detect_language(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_normal text := pipeline_words.normal(p_text);
begin
  return case
    when v_normal ~ '[\u3040-\u30ff]' then 'ja'
    when v_normal ~ '[\uac00-\ud7af]' then 'ko'
    when v_normal ~ '[\u4e00-\u9fff]' then 'zh'
    when v_normal ~ '[\u0e00-\u0e7f]' then 'th'
    when v_normal ~ '[\u0590-\u05ff]' then 'he'
    when v_normal ~ '[\u0370-\u03ff]' then 'el'
    when v_normal ~ '[\u0600-\u06ff]' then 'ar'
    else (
      select l.language
      from unnest(array[
        'en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'ru', 'sv', 'da', 'no', 'fi', 'hu', 'tr', 'ro', 'ca'])
        with ordinality l (language, place)
      cross join lateral (
        select count(*) as stop_words
        from (select distinct w.word from pipeline_search.words(v_normal) w) w
        where w.word !~ '[^[:alpha:]]' and pipeline_words.stems(pipeline_words.config(l.language), w.word) = '') s
      where s.stop_words >= 2
      order by s.stop_words desc, l.place
      limit 1) end;
end $$;
comment on function pipeline_search.detect_language is
  'The language that a question seems to be in, by its script or its stop words. Null if it has fewer than two.';

create function pipeline_search.candidates(
  p_terms pipeline_search.term[], p_literal text, p_embedding extensions.halfvec, p_document_ids uuid[], p_mode text,
  p_min_score double precision, p_min_similarity double precision, p_max_per_document int,
  p_weight_words double precision, p_weight_meaning double precision, p_language text, p_also uuid
) returns setof pipeline_search.candidate
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  -- A chunk in another language than the question is a weaker result.
  c_in_another_language constant double precision := 0.85;
  -- The most candidates of each retriever; all pages of results come from these.
  c_offered constant int := 150;
  v_uses_words boolean := p_mode <> 'vector' and (cardinality(p_terms) > 0 or p_literal is not null);
  v_uses_meaning boolean := p_mode <> 'text' and p_embedding is not null;
  -- Exclusions and phrases also apply to chunks that the vector search found.
  v_has_conditions boolean := exists (select from unnest(p_terms) t where t.role <> 'wanted');
begin
  return query
  with near as materialized (
    select n.chunk_id, n.similarity, row_number() over (order by n.similarity desc, n.chunk_id)::int as rank
    from pipeline_search.nearest(p_embedding, p_document_ids, c_offered) n
    where v_uses_meaning
  ), worded as materialized (
    select w.*, row_number() over (order by w.text_score desc, w.chunk_id)::int as rank
    from pipeline_search.match_words(
      p_terms, p_literal, p_document_ids, array(select n.chunk_id from near n) || p_also) w
    where v_uses_words or v_has_conditions
  ), either as (
    select coalesce(n.chunk_id, w.chunk_id) as chunk_id, n.similarity, n.rank as vector_rank,
           case when v_uses_words then coalesce(w.text_score, 0) end as text_score,
           case when v_uses_words and w.text_score > 0 then w.rank end as text_rank,
           case when w.is_excluded then 'EXCLUDED_WORD' when w.lacks_phrase then 'PHRASE_MISSING' end as refused
    from near n
    full join (
      select * from worded w where (w.text_score > 0 and v_uses_words and w.rank <= c_offered)
        or w.chunk_id in (select n.chunk_id from near n)
    ) w on w.chunk_id = n.chunk_id
    union
    -- The chunk that is to be explained, even if no retriever found it.
    select a.chunk_id, null, null, case when v_uses_words then coalesce(w.text_score, 0) end,
           case when v_uses_words and w.text_score > 0 then w.rank end,
           case when w.is_excluded then 'EXCLUDED_WORD' when w.lacks_phrase then 'PHRASE_MISSING' else 'OUTRANKED' end
    from (select p_also as chunk_id where p_also is not null) a
    left join worded w on w.chunk_id = a.chunk_id
    where a.chunk_id not in (select n.chunk_id from near n)
      and not coalesce(w.text_score > 0 and v_uses_words and w.rank <= c_offered, false)
  ), measured as materialized (
    select c.chunk_id, c.document_id, c.text_hash, e.text_score, e.vector_rank, e.text_rank, e.refused,
           case when v_uses_words and d.language <> p_language then c_in_another_language else 1 end as fitness,
           case when v_uses_meaning then coalesce(e.similarity, c.similarity) end as similarity
    -- Looks chunks up by id, whatever the planner assumes about their number. The long columns stay in this subquery.
    from (
      select c.chunk_id, c.document_id, md5(c.text) as text_hash,
             1 - (c.embedding operator(extensions.<=>) p_embedding) as similarity
      from upload_pipeline.document_chunks c where c.chunk_id = any (array(select e.chunk_id from either e)) offset 0
    ) c
    join either e on e.chunk_id = c.chunk_id
    join upload_pipeline.documents d on d.document_id = c.document_id
    where p_document_ids is null or c.document_id = any (p_document_ids)
  ), best as materialized (
    select max(m.text_score) + 1e-6 as words, pipeline_search.meaning_score(max(m.similarity)) + 1e-6 as meaning
    from measured m
  ), scored as materialized (
    select m.*,
           round((m.fitness * case
             when not v_uses_words then m.meaning
             when not v_uses_meaning then m.text_score
             -- A retriever that finds little has little weight.
             else (p_weight_words * best.words * m.text_score + p_weight_meaning * best.meaning * m.meaning)
                  / (p_weight_words * best.words + p_weight_meaning * best.meaning)
           end)::numeric, 8)::double precision as score
    from (select m.*, pipeline_search.meaning_score(m.similarity) as meaning from measured m offset 0) m
    cross join best
  ), kept as (
    select s.*,
           coalesce(s.refused,
                    case when s.score < p_min_score then 'BELOW_MIN_SCORE'
                         when s.similarity < p_min_similarity then 'BELOW_MIN_SIMILARITY' end) as drop_reason
    from scored s
  ), alike as (
    select k.*,
           first_value(k.chunk_id) over same as first_alike,
           row_number() over same as alike_place
    from kept k
    window same as (partition by k.text_hash, k.drop_reason is null order by k.score desc, k.chunk_id)
  ), placed as (
    select a.*,
           row_number() over (
             partition by a.document_id, a.drop_reason is null and a.alike_place = 1
             order by a.score desc, a.chunk_id) as place_in_document
    from alike a
  )
  select p.chunk_id, p.document_id, p.score, p.similarity, p.text_score, p.vector_rank, p.text_rank,
         coalesce(p.drop_reason,
                  case when p.alike_place > 1 then 'DUPLICATE'
                       when p.place_in_document > p_max_per_document then 'MAX_PER_DOCUMENT' end),
         case when p.drop_reason is null and p.alike_place > 1 then p.first_alike end
  from placed p;
end $$;
comment on function pipeline_search.candidates is
  'All candidates of the caller with their scores, and the reason why a candidate is not a result: EXCLUDED_WORD, '
  'PHRASE_MISSING, BELOW_MIN_SCORE, BELOW_MIN_SIMILARITY, DUPLICATE, MAX_PER_DOCUMENT, or, for p_also alone, '
  'OUTRANKED. p_also: a chunk that is always among the candidates.';

create function pipeline_search.highlighted_terms(p_terms pipeline_search.term[]) returns pipeline_search.term[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return array(
    select t from unnest(p_terms) t
    where t.role <> 'excluded' and coalesce(t.weight >= (select max(weight) / 4 from unnest(p_terms)), true));
end $$;
comment on function pipeline_search.highlighted_terms is 'The terms with enough weight to be highlighted.';

create function pipeline_search.hit(
  p_candidate pipeline_search.candidate, p_marked pipeline_search.term[], p_lexemes text[], p_prefixes text[],
  p_duplicates pipeline_search.candidate[], p_expand int
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_chunk upload_pipeline.document_chunks;
  v_document upload_pipeline.documents;
  v_starts int[];
  v_ends int[];
  v_lexemes text[];
  v_page int;
  v_duplicates jsonb;
  v_neighbours jsonb;
begin
  select * into v_chunk from upload_pipeline.document_chunks c where c.chunk_id = p_candidate.chunk_id;
  select * into v_document from upload_pipeline.documents d where d.document_id = v_chunk.document_id;
  select array_agg(m.starts), array_agg(m.ends), array_agg(m.lexeme) into v_starts, v_ends, v_lexemes
  from pipeline_search.match_positions(
    pipeline_words.config(v_document.language), v_chunk.text, p_lexemes, p_prefixes) m;

  -- Of a chunk on several pages, the page with the most of the question's weight.
  v_page := v_chunk.page_from;
  if v_chunk.page_to > v_chunk.page_from and v_starts is not null then
    select v_chunk.page_from + i - 1 into v_page
    from generate_subscripts(v_chunk.page_offsets, 1) i
    cross join lateral (
      select array_agg(m.lexeme) as lexemes, count(*) as marks
      from unnest(v_starts, v_lexemes) m (starts, lexeme)
      where m.starts >= v_chunk.page_offsets[i] and (m.starts < v_chunk.page_offsets[i + 1]) is not false) passage
    order by (
      select coalesce(sum(t.weight), 0) from unnest(p_marked) t
      where t.lexemes && passage.lexemes or t.prefixes && passage.lexemes) desc, passage.marks desc, i
    limit 1;
  end if;

  if cardinality(p_duplicates) > 0 then
    select jsonb_agg(jsonb_build_object(
      'chunk_id', c.chunk_id, 'document_id', c.document_id, 'filename', d.filename, 'page', k.page_from)
      order by c.score desc, c.chunk_id)
    into v_duplicates
    from unnest(p_duplicates) c
    join upload_pipeline.document_chunks k on k.chunk_id = c.chunk_id
    join upload_pipeline.documents d on d.document_id = c.document_id
    where c.same_as = p_candidate.chunk_id;
  end if;
  if p_expand > 0 then
    v_neighbours := coalesce((
      select jsonb_agg(jsonb_build_object(
        'chunk_id', n.chunk_id, 'chunk_ord', n.chunk_ord, 'page', n.page_from, 'heading_path', n.heading_path,
        'content', n.text) order by n.chunk_ord)
      from upload_pipeline.document_chunks n
      where n.document_id = v_chunk.document_id and n.chunk_id <> v_chunk.chunk_id
        and n.chunk_ord between v_chunk.chunk_ord - p_expand and v_chunk.chunk_ord + p_expand), '[]');
  end if;

  return jsonb_build_object(
      'chunk_id', v_chunk.chunk_id, 'document_id', v_chunk.document_id, 'filename', v_document.filename, 'page', v_page,
      'page_from', v_chunk.page_from, 'page_to', v_chunk.page_to, 'heading_path', v_chunk.heading_path,
      'content', v_chunk.text, 'highlights', pipeline_search.highlights(v_chunk.text, v_starts, v_ends),
      'score', p_candidate.score, 'similarity', round(p_candidate.similarity::numeric, 4),
      'text_score', round(p_candidate.text_score::numeric, 4), 'vector_rank', p_candidate.vector_rank,
      'text_rank', p_candidate.text_rank, 'chunk_ord', v_chunk.chunk_ord)
    || case when v_duplicates is null then '{}' else jsonb_build_object('duplicates', v_duplicates) end
    || case when v_neighbours is null then '{}' else jsonb_build_object('neighbours', v_neighbours) end;
end $$;
comment on function pipeline_search.hit is
  'A chunk as a search returns it: its text with highlights, the page of the passage, its duplicates of p_duplicates, '
  'and p_expand neighbours on either side. p_lexemes and p_prefixes are those of p_marked.';

create function pipeline_search.explanation(
  p_candidate pipeline_search.candidate, p_terms pipeline_search.term[],
  p_weight_words double precision, p_weight_meaning double precision
) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'words', jsonb_build_object(
      'score', round(p_candidate.text_score::numeric, 4), 'rank', p_candidate.text_rank, 'weight', p_weight_words,
      'terms', coalesce((
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
          'word', t.word, 'role', t.role, 'chunk_count', t.chunk_count, 'weight', round(t.weight::numeric, 3),
          'taken_for', t.taken_for,
          'found', case
            when c.search_text @@ t.exact then 'exactly' when c.search_text @@ t.loose then 'in part' else 'no' end)))
        from unnest(p_terms) t), '[]')),
    'meaning', jsonb_build_object(
      'score', round(pipeline_search.meaning_score(p_candidate.similarity)::numeric, 4),
      'similarity', round(p_candidate.similarity::numeric, 4), 'rank', p_candidate.vector_rank,
      'weight', p_weight_meaning))
  from upload_pipeline.document_chunks c where c.chunk_id = p_candidate.chunk_id
$$;
comment on function pipeline_search.explanation is
  'The explanation of a chunk''s score: what each retriever contributes, and which terms the chunk contains. A rare '
  'word has more weight.';

create function pipeline_search.explain_chunk(
  p_chunk_id uuid, p_candidates pipeline_search.candidate[], p_page pipeline_search.candidate[],
  p_terms pipeline_search.term[],
  p_document_ids uuid[], p_mode text, p_weight_words double precision, p_weight_meaning double precision
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_chunk upload_pipeline.document_chunks;
  v_candidate pipeline_search.candidate;
  v_place bigint;
  v_reason text;
begin
  select * into v_chunk from upload_pipeline.document_chunks c where c.chunk_id = p_chunk_id;
  if v_chunk.chunk_id is null then
    return jsonb_build_object('chunk_id', p_chunk_id, 'found', false, 'reason', 'NO_SUCH_CHUNK',
      'message', 'You have no such chunk: its document may have been deleted or chunked again.');
  elsif p_document_ids is not null and not v_chunk.document_id = any (p_document_ids) then
    return jsonb_build_object('chunk_id', p_chunk_id, 'found', false, 'reason', 'OTHER_DOCUMENT',
      'message', 'Its document is not among document_ids.');
  end if;
  select c.* into v_candidate from unnest(p_candidates) c where c.chunk_id = p_chunk_id;
  v_place := (
    select count(*) from unnest(p_candidates) c
    where c.drop_reason is null
      and (c.score > v_candidate.score or c.score = v_candidate.score and c.chunk_id <= p_chunk_id));
  v_reason := case
    when exists (select from unnest(p_page) c where c.chunk_id = p_chunk_id) then 'FOUND'
    when v_candidate.drop_reason = 'OUTRANKED' and coalesce(v_candidate.text_score, 0) = 0 and p_mode = 'text'
    then 'NO_WORD_FOUND'
    else coalesce(v_candidate.drop_reason, 'OTHER_PAGE') end;
  return jsonb_build_object(
      'chunk_id', p_chunk_id, 'found', v_reason = 'FOUND', 'reason', v_reason,
      'message', case v_reason
        when 'FOUND' then format('It is answer number %s.', v_place)
        when 'OTHER_PAGE' then format('It is answer number %s, on another page of the answer.', v_place)
        when 'EXCLUDED_WORD' then 'It contains a word that the question excludes.'
        when 'PHRASE_MISSING' then 'It does not contain the phrase in quotes.'
        when 'BELOW_MIN_SCORE' then format('Its score, %s, is below min_score.', round(v_candidate.score::numeric, 4))
        when 'BELOW_MIN_SIMILARITY' then format(
          'Its similarity, %s, is below min_similarity.', round(v_candidate.similarity::numeric, 4))
        when 'DUPLICATE' then 'It has the same text as another chunk, which is returned instead.'
        when 'MAX_PER_DOCUMENT' then 'Its document has max_per_document better answers.'
        when 'NO_WORD_FOUND' then 'It contains none of the words.'
        else 'Too many other chunks match better by meaning and by words.' end,
      'score', round(v_candidate.score::numeric, 4),
      'place', v_place)
    || case when v_candidate.same_as is null then '{}' else jsonb_build_object('same_as', v_candidate.same_as) end
    || jsonb_build_object('explanation', pipeline_search.explanation(
         v_candidate, p_terms, p_weight_words, p_weight_meaning));
end $$;
comment on function pipeline_search.explain_chunk is
  'The position of a chunk in the results, or why it is not among them. Another user''s chunk looks like one that does '
  'not exist.';

create function pipeline_search.search(
  query_embedding extensions.vector(1536) default null,
  query_text text default null,
  match_count int default 8,
  document_ids uuid[] default null,
  mode text default 'hybrid',
  min_score double precision default null,
  min_similarity double precision default null,
  expand int default 0,
  max_per_document int default null,
  weight_words double precision default null,
  weight_meaning double precision default null,
  language text default null,
  after_score double precision default null,
  after_chunk_id uuid default null,
  explain boolean default false,
  explain_chunk_id uuid default null
) returns jsonb
language plpgsql stable set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
  -- More than a user types; pasted text cannot cost more than this.
  c_characters constant int := 2000;
  c_terms constant int := 64;
  c_documents constant int := 100;
  v_count int := least(greatest(coalesce(match_count, 1), 1), 50);
  v_expand int := least(greatest(coalesce(expand, 0), 0), 2);
  v_weight_words double precision := coalesce(weight_words, 0.5);
  v_weight_meaning double precision := coalesce(weight_meaning, 0.5);
  v_embedding extensions.halfvec(1536) := query_embedding::extensions.halfvec(1536);
  v_configs regconfig[];
  v_language text;
  v_terms pipeline_search.term[];
  v_left_out text[];
  v_literal text;
  v_candidates pipeline_search.candidate[];
  v_page pipeline_search.candidate[];
  v_duplicates pipeline_search.candidate[];
  v_marked pipeline_search.term[];
  v_lexemes text[];
  v_prefixes text[];
  v_notices jsonb := '[]'::jsonb;
begin
  if (select pipeline_access.caller_id()) is null then
    raise exception 'only a signed-in user can search' using errcode = 'insufficient_privilege';
  elsif mode is null or mode not in ('hybrid', 'vector', 'text') then
    raise exception 'mode must be hybrid, vector or text, not %', coalesce(mode, 'null')
      using errcode = 'invalid_parameter_value';
  elsif char_length(query_text) > c_characters then
    raise exception 'query_text must have at most % characters, not %', c_characters, char_length(query_text)
      using errcode = 'invalid_parameter_value';
  elsif cardinality(document_ids) > c_documents then
    raise exception 'document_ids must have at most % elements, not %', c_documents, cardinality(document_ids)
      using errcode = 'invalid_parameter_value';
  elsif v_weight_words not between 0 and 1 or v_weight_meaning not between 0 and 1
    or v_weight_words + v_weight_meaning = 0 then
    raise exception 'weight_words and weight_meaning must be between 0 and 1, and one of them above 0'
      using errcode = 'invalid_parameter_value';
  elsif language !~ '^[a-z]{2}$' then
    raise exception 'language must be an ISO 639-1 code of two lower-case letters, not %', language
      using errcode = 'invalid_parameter_value';
  elsif max_per_document < 1 then
    raise exception 'max_per_document must be at least 1, not %', max_per_document
      using errcode = 'invalid_parameter_value';
  elsif (after_score is null) <> (after_chunk_id is null) then
    raise exception 'after_score and after_chunk_id must be given together' using errcode = 'invalid_parameter_value';
  end if;

  -- Only after the checks above: the Data API accepts any text.
  if mode <> 'vector' then v_language := coalesce(language, pipeline_search.detect_language(query_text)); end if;
  v_configs := array(
    select distinct pipeline_words.config(l.language)
    from (
      select distinct d.language from upload_pipeline.documents d
      where document_ids is null or d.document_id = any (document_ids)) l);
  v_terms := pipeline_search.parse_query(
    query_text, v_configs, case when language is not null then pipeline_words.config(language) end,
    (select auth.uid()));
  if cardinality(v_terms) > c_terms then
    v_left_out := array(select t.word from unnest(v_terms[c_terms + 1:]) t);
    v_terms := v_terms[:c_terms];
    v_notices := v_notices || jsonb_build_object(
      'code', 'WORDS_LEFT_OUT', 'message', format('Only the first %s words were searched.', c_terms),
      'words', to_jsonb(v_left_out));
  end if;
  if mode <> 'vector' then
    v_terms := pipeline_search.weigh_terms(v_terms, v_configs);
    v_notices := v_notices || coalesce((
      select jsonb_agg(jsonb_build_object(
        'code', 'SPELLING_CORRECTED',
        'message', format('No chunk contains "%s"; "%s" was searched instead.', t.word, t.taken_for),
        'word', t.word, 'taken_for', t.taken_for))
      from unnest(v_terms) t where t.taken_for is not null), '[]');
    if cardinality(v_terms) = 0 and pipeline_words.normal(query_text) ~ '[^\s[:punct:]]|\S\S' then
      v_literal := pipeline_search.literal(pipeline_words.normal(query_text));
      v_notices := v_notices || jsonb_build_object(
        'code', 'COMMON_WORDS_ONLY',
        'message', 'All of these words are too common to search; the text was searched literally.');
    end if;
  end if;

  v_candidates := array(
    select c from pipeline_search.candidates(
      v_terms, v_literal, v_embedding, document_ids, mode, min_score, min_similarity, max_per_document,
      v_weight_words, v_weight_meaning, v_language, explain_chunk_id) c);
  v_page := array(
    select c from unnest(v_candidates) c
    where c.drop_reason is null
      and (after_score is null or c.score < after_score or c.score = after_score and c.chunk_id > after_chunk_id)
    order by c.score desc, c.chunk_id
    limit v_count + 1);

  v_marked := pipeline_search.highlighted_terms(v_terms);
  v_lexemes := array(select distinct l from unnest(v_marked) t, unnest(t.lexemes) l);
  v_prefixes := array(select distinct l from unnest(v_marked) t, unnest(t.prefixes) l);
  v_duplicates := array(select c from unnest(v_candidates) c where c.same_as is not null);
  return jsonb_build_object(
    'results', coalesce((
      select jsonb_agg(
        pipeline_search.hit(c, v_marked, v_lexemes, v_prefixes, v_duplicates, v_expand)
        || case when explain then jsonb_build_object(
             'explanation', pipeline_search.explanation(c, v_terms, v_weight_words, v_weight_meaning)) else '{}' end
        order by c.score desc, c.chunk_id)
      from unnest(v_page[:v_count]) c), '[]'),
    'next', case when cardinality(v_page) > v_count then jsonb_build_object(
      'score', (v_page[v_count]).score, 'chunk_id', (v_page[v_count]).chunk_id) end,
    'notices', v_notices,
    'explained', case when explain_chunk_id is not null then pipeline_search.explain_chunk(
      explain_chunk_id, v_candidates, v_page[:v_count], v_terms, document_ids, mode,
      v_weight_words, v_weight_meaning) end);
end $$;
comment on function pipeline_search.search is
  'Searches the caller''s own chunks and returns {results, next, notices, explained}: at most 50 results, the best '
  'first; a client passes next as after_score and after_chunk_id to get the following page. Runs with the caller''s '
  'rights: row-level security decides what it can find.';

create function pipeline_search.require_caller_account() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  if auth.uid() is not null then perform pipeline_internal.require_account(auth.uid()); end if;
  return true;
end $$;
comment on function pipeline_search.require_caller_account is
  'Returns true, or refuses a caller whose account was deleted, with PT401. Runs as its owner: users have no rights on '
  'accounts, and learn only about their own.';

create function upload_pipeline.search_chunks(
  query_embedding extensions.vector(1536) default null,
  query_text text default null,
  match_count int default 8,
  document_ids uuid[] default null,
  mode text default 'hybrid',
  min_score double precision default null,
  min_similarity double precision default null,
  expand int default 0,
  max_per_document int default null,
  weight_words double precision default null,
  weight_meaning double precision default null,
  language text default null,
  after_score double precision default null,
  after_chunk_id uuid default null,
  explain boolean default false
) returns table (
  chunk_id uuid, document_id uuid, filename text, chunk_ord int, page int, page_from int, page_to int,
  heading_path text[], content text, highlights jsonb, score double precision, similarity double precision,
  text_score double precision, vector_rank int, text_rank int, duplicates jsonb, neighbours jsonb, explanation jsonb
)
language sql stable set search_path = '' set statement_timeout = '5s' as $$
  select hit.*
  from jsonb_to_recordset(case when pipeline_search.require_caller_account() then pipeline_search.search(
    query_embedding, query_text, match_count, document_ids, mode, min_score, min_similarity, expand, max_per_document,
    weight_words, weight_meaning, language, after_score, after_chunk_id, explain) -> 'results' end) as hit (
    chunk_id uuid, document_id uuid, filename text, chunk_ord int, page int, page_from int, page_to int,
    heading_path text[], content text, highlights jsonb, score double precision, similarity double precision,
    text_score double precision, vector_rank int, text_rank int, duplicates jsonb, neighbours jsonb, explanation jsonb)
$$;
comment on function upload_pipeline.search_chunks is
  'The caller''s best matching chunks, at most 50. page is the page of the matching passage, between page_from and '
  'page_to; highlights are [{start, end}] in UTF-16 units of content. Runs with the caller''s rights: row-level '
  'security decides what it can find.';

revoke execute on all functions in schema pipeline_search from public, anon;
grant execute on all functions in schema pipeline_search to authenticated, service_role;
-- The caller of these names the user whose chunks they read.
revoke execute on function
  pipeline_search.similar_words, pipeline_search.surface_form, pipeline_search.matching_chunks
  from authenticated, service_role;
revoke execute on function upload_pipeline.search_chunks from public, anon;
grant execute on function upload_pipeline.search_chunks to authenticated, service_role;
