-- The two retrievers of a search: chunks that contain words of the question, and chunks whose vectors are near its
-- vector. The cost depends on the number of the caller's chunks, not on other users'.

create function pipeline_search.max_hamming_distance(p_embedding extensions.halfvec, p_share double precision)
  returns double precision
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  c_sampled constant int := 300;
  v_owner uuid := (select auth.uid());
  v_signs bit(1536) := extensions.binary_quantize(p_embedding)::bit(1536);
  -- The 95 % confidence margin of a sample of this size.
  v_error double precision := 2 * sqrt(p_share * (1 - p_share) / c_sampled);
begin
  return (
    select percentile_disc(least(p_share + v_error, 1)) within group (order by s.distance)
    from (
      -- The order of hashes is arbitrary, so this is a random sample.
      select c.embedding_signs operator(extensions.<~>) v_signs as distance
      from upload_pipeline.document_chunks c
      where c.user_id = v_owner order by c.chunk_sha limit c_sampled) s);
end $$;
comment on function pipeline_search.max_hamming_distance is
  'The highest Hamming distance, between sign vectors, of the nearest chunks of the caller. p_share: the share of '
  'chunks that are wanted, 0 to 1. Estimated from a sample, and rather too high.';

create function pipeline_search.approximate_nearest(
  p_embedding extensions.halfvec, p_document_ids uuid[], p_count int, p_max_hamming_distance double precision
) returns uuid[]
language plpgsql stable set search_path = ''
-- The index holds all columns, so no row is read. The planner's other choices are turned off.
set enable_seqscan = off set enable_bitmapscan = off set enable_indexscan = off set jit = off
set plan_cache_mode = force_generic_plan as $$
declare
  v_owner uuid := (select auth.uid());
  v_signs bit(1536) := extensions.binary_quantize(p_embedding)::bit(1536);
begin
  -- Two statements: a cached plan for both cases would scan all of the user's entries for a few documents. Most entries
  -- are further away than p_max_hamming_distance, and are not sorted.
  if p_document_ids is null then
    return array(
      select s.chunk_id from upload_pipeline.document_chunks s
      where s.user_id = v_owner and s.embedding_signs operator(extensions.<~>) v_signs <= p_max_hamming_distance
      order by s.embedding_signs operator(extensions.<~>) v_signs
      limit p_count);
  end if;
  return array(
    select s.chunk_id from upload_pipeline.document_chunks s
    where s.user_id = v_owner and s.document_id = any (p_document_ids)
    order by s.embedding_signs operator(extensions.<~>) v_signs
    limit p_count);
end $$;
comment on function pipeline_search.approximate_nearest is
  'The caller''s chunks whose vectors share the most signs with this one: an approximation of the nearest.';

create function pipeline_search.rerank_nearest(
  p_embedding extensions.halfvec, p_chunk_ids uuid[], p_count int
) returns table (chunk_id uuid, similarity double precision)
language plpgsql stable set search_path = ''
-- Looks chunks up by id; row-level security would let the planner consider a scan of all of the caller's chunks.
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
  select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) p_embedding)
  from upload_pipeline.document_chunks c
  where c.chunk_id = any (p_chunk_ids)
  order by 2 desc, 1
  limit p_count;
end $$;
comment on function pipeline_search.rerank_nearest is
  'The nearest of these chunks to a vector, with their exact cosine similarity.';

create function pipeline_search.nearest(
  p_embedding extensions.halfvec, p_document_ids uuid[], p_count int
) returns table (chunk_id uuid, similarity double precision)
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_bitmapscan = on set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  -- Up to this many vectors are compared exactly, at about 2 µs each (BENCHMARKS.md); of more, only the approximately
  -- nearest.
  c_exactly constant int := 15000;
  v_owner uuid := (select auth.uid());
  v_chunk_count bigint := (
    select sum(d.chunk_count) from upload_pipeline.documents d
    where d.user_id = v_owner and (p_document_ids is null or d.document_id = any (p_document_ids)));
  v_compared int;
begin
  if v_chunk_count > c_exactly then
    v_compared := 2000 + v_chunk_count / 10;
    return query
    select * from pipeline_search.rerank_nearest(
      p_embedding,
      pipeline_search.approximate_nearest(
        p_embedding, p_document_ids, v_compared,
        case when p_document_ids is null then
          pipeline_search.max_hamming_distance(p_embedding, v_compared::double precision / v_chunk_count) end),
      p_count);
  elsif p_document_ids is null then
    return query
    select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) p_embedding)
    from upload_pipeline.document_chunks c
    where c.user_id = v_owner
    order by 2 desc, 1
    limit p_count;
  else
    return query
    select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) p_embedding)
    from upload_pipeline.document_chunks c
    where c.user_id = v_owner and c.document_id = any (p_document_ids)
    order by 2 desc, 1
    limit p_count;
  end if;
end $$;
comment on function pipeline_search.nearest is
  'The caller''s chunks nearest to a vector, with their cosine similarity: exact up to 15,000 chunks, and beyond that '
  'as accurate as BENCHMARKS.md measures. Runs with the caller''s rights.';

-- The functions from here on use the index of words, which row-level security would disable: a text search is not
-- leakproof. So they run as their owner, read rows of `auth.uid()` alone, whatever their arguments, and return only ids
-- and numbers of these rows.

create function pipeline_search.matching_chunks(p_owner uuid, p_keys tsquery, p_document_ids uuid[], p_most int)
  returns setof uuid
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_bitmapscan = on set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
  select c.chunk_id
  from (
    select c.chunk_id, c.user_id, c.document_id from upload_pipeline.document_chunks c
    where pipeline_words.keys(c.user_id, c.search_text) @@ p_keys
    offset 0
  ) c
  where c.user_id = p_owner and (p_document_ids is null or c.document_id = any (p_document_ids))
  limit p_most;
end $$;
comment on function pipeline_search.matching_chunks is
  'At most p_most of the owner''s chunks that contain these words.';

create function pipeline_search.similar_words(p_owner uuid, p_term pipeline_search.term) returns text[]
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  -- The most chunks that are searched for similar words.
  c_read constant int := 60;
  v_tag text := pipeline_words.owner_tag(p_owner);
  v_forms text[] := array(
    select distinct form from unnest(p_term.lexemes || pipeline_words.unaccented(p_term.word)) form);
  v_length int := char_length(pipeline_words.unaccented(p_term.word));
  v_most int := case when v_length >= 8 then 2 else 1 end;
  v_found text[];
  v_part text;
begin
  -- A word with one mistake has a correct beginning or end. Longer parts come first, because fewer words share them.
  for v_part in
    select p.part
    from unnest(v_forms) f (form)
    cross join lateral (select char_length(f.form) as length) l
    cross join lateral (
      select n, left(f.form, n) as part from generate_series(greatest(2, l.length / 2), l.length - 1) n
      union all
      select n, '<' || left(reverse(f.form), n) from generate_series(greatest(3, l.length / 2), l.length - 1) n
    ) p
    group by p.n, p.part
    order by p.n desc, p.part
  loop
    v_found := array(
      select near.lexeme
      from (
        select w.lexeme, min(
          case when extensions.levenshtein_less_equal(w.lexeme, f.form, 2) = 2
                    and (select string_agg(l, '' order by l) from regexp_split_to_table(w.lexeme, '') l)
                        = (select string_agg(l, '' order by l) from regexp_split_to_table(f.form, '') l)
               -- Two swapped letters are one mistake.
               then 1 else extensions.levenshtein_less_equal(w.lexeme, f.form, v_most) end) as mistakes, w.chunk_count
        from (
          select lexeme, count(*) as chunk_count
          from (
            select c.search_text
            from pipeline_search.matching_chunks(
              p_owner, (pipeline_search.quoted(v_tag || v_part) || ':*')::tsquery, null, c_read) w (chunk_id)
            join upload_pipeline.document_chunks c on c.chunk_id = w.chunk_id
          ) c
          cross join lateral unnest(tsvector_to_array(c.search_text)) lexeme
          where char_length(lexeme) between v_length - 3 and least(v_length + 2, 60)
            and case when v_part like '<%' then right(lexeme, char_length(v_part) - 1) = reverse(substr(v_part, 2))
                     else starts_with(lexeme, v_part) end
          group by lexeme
        ) w
        cross join unnest(v_forms) f (form)
        where char_length(f.form) between 3 and 60
        group by w.lexeme, w.chunk_count
      ) near
      where near.mistakes <= v_most
      order by near.mistakes, near.chunk_count desc, near.lexeme
      limit 3);
    if cardinality(v_found) > 0 then return v_found; end if;
  end loop;
  return array[]::text[];
end $$;
comment on function pipeline_search.similar_words is
  'At most three words of the owner''s chunks that differ from the term by one or two letters, the likeliest first.';

create function pipeline_search.surface_form(p_owner uuid, p_lexeme text, p_configs regconfig[]) returns text
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return coalesce((
    select w.word
    from (
      select c.text
      from pipeline_search.matching_chunks(
        p_owner, pipeline_search.quoted(pipeline_words.owner_tag(p_owner) || p_lexeme)::tsquery, null, 1) w (chunk_id)
      join upload_pipeline.document_chunks c on c.chunk_id = w.chunk_id
    ) c
    cross join lateral (
      select distinct m.word[1] as word
      from regexp_matches(pipeline_words.normal(c.text), '[[:alnum:]]+', 'g') m (word)
    ) w
    cross join unnest(p_configs) config
    where left(pipeline_words.unaccented(w.word), 1) = left(p_lexeme, 1)
      and p_lexeme = any (tsvector_to_array(pipeline_words.stems(config, w.word)))
    order by char_length(w.word), w.word
    limit 1), p_lexeme);
end $$;
comment on function pipeline_search.surface_form is 'The word of a text that has this stem.';

create function pipeline_search.content_weight(p_word text) returns double precision
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return case
    -- Question words are seldom what a user searches for. In alphabetical order; the stop words of Postgres are not
    -- listed here.
    when pipeline_words.unaccented(p_word) = any (array[
      'many', 'may', 'much', 'need', 'want',
      'darf', 'gilt', 'kann', 'muss', 'soll', 'viel', 'viele', 'welche', 'wieviel', 'wieviele',
      'combien', 'comment', 'doit', 'dois', 'faut', 'ou', 'peut', 'peux', 'pourquoi', 'puis', 'quand', 'vais', 'veux',
      'como', 'cuando', 'cuanta', 'cuantas', 'cuanto', 'cuantos', 'debo', 'donde', 'puede', 'puedo', 'quien', 'quiero',
      'come', 'devo', 'dove', 'onde', 'posso', 'quando', 'quanta', 'quante', 'quanti', 'quanto', 'quantos',
      'اين', 'كم', 'كيف', 'ماذا', 'متي', 'متى', 'هل']) then 0.3
    -- Hiragana are mostly endings and particles, and so are these Chinese characters.
    else case char_length(regexp_replace(
        p_word, '[\u3040-\u309f的了是在我你他她它们有和与及或不也都就这那哪个么什怎吗呢吧把被会能可以要请对为所之其着过得很]', '', 'g'))
      when 0 then 0.3
      when 1 then case when char_length(p_word) = 2 and p_word ~ pipeline_words.unspaced() then 0.6 else 1 end
      else 1 end
  end;
end $$;
comment on function pipeline_search.content_weight is
  'How much of the question''s content a word is likely to carry, 0.3 to 1: words that only form a question carry '
  'little.';

create function pipeline_search.weigh_terms(p_terms pipeline_search.term[], p_configs regconfig[])
  returns pipeline_search.term[]
language plpgsql stable security definer set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  -- With more chunks than this, the number that contain a word is estimated from a sample.
  c_counted constant int := 1000;
  c_sampled constant int := 100;
  v_owner uuid := (select auth.uid());
  v_total double precision := (
    select coalesce(sum(d.chunk_count), 0) from upload_pipeline.documents d where d.user_id = v_owner);
  v_sample tsvector[] := array(
    -- The order of hashes is arbitrary, so this is a random sample.
    select c.search_text from upload_pipeline.document_chunks c
    where c.user_id = v_owner and v_total > c_counted order by c.chunk_sha limit c_sampled);
  v_hits int;
  v_guessed int;
  v_weighed pipeline_search.term[] := array[]::pipeline_search.term[];
  v_term pipeline_search.term;
  v_near text[];
  v_corrected int := 0;
begin
  foreach v_term in array p_terms loop
    if v_term.role <> 'excluded' and v_term.keys is not null then
      v_hits := (
        select count(*) from unnest(v_sample) words
        where words @@ coalesce(v_term.exact || v_term.loose, v_term.exact, v_term.loose));
      v_guessed := v_total * v_hits / c_sampled;
      v_term.chunk_count := case
        when v_hits >= c_sampled / 10 then v_guessed
        else (select count(*) from pipeline_search.matching_chunks(v_owner, v_term.keys, null, c_counted)) end;
      if v_term.chunk_count = c_counted then v_term.chunk_count := greatest(v_guessed, c_counted); end if;
      if v_term.chunk_count = 0 and v_term.role = 'wanted' and v_corrected < 3
         and char_length(v_term.word) between 4 and 60 and v_term.word !~ '[^[:alpha:]]'
         and v_term.word !~ pipeline_words.unspaced() then
        v_near := pipeline_search.similar_words(v_owner, v_term);
        if cardinality(v_near) > 0 then
          v_corrected := v_corrected + 1;
          v_term.taken_for := pipeline_search.surface_form(v_owner, v_near[1], p_configs);
          v_term.exact := null;
          v_term.loose := (select string_agg(pipeline_search.quoted(l), ' | ') from unnest(v_near) l)::tsquery;
          v_term.keys := (
            select string_agg(pipeline_search.quoted(pipeline_words.owner_tag(v_owner) || l), ' | ')
            from unnest(v_near) l)::tsquery;
          v_term.lexemes := v_near;
          v_term.prefixes := '{}';
          v_term.chunk_count := (
            select count(*) from pipeline_search.matching_chunks(v_owner, v_term.keys, null, c_counted));
        end if;
      end if;
      v_term.weight := ln(
        1 + (greatest(v_total, v_term.chunk_count) - greatest(v_term.chunk_count, 1) + 0.5)
        / (greatest(v_term.chunk_count, 1) + 0.5))
        * pipeline_search.content_weight(v_term.word);
    elsif v_term.role = 'required' then
      v_term.weight := 1;
    end if;
    v_weighed := v_weighed || v_term;
  end loop;
  return v_weighed;
end $$;
comment on function pipeline_search.weigh_terms is
  'Adds to the terms how many of the caller''s chunks contain them, and a weight: the rarer, the higher. A word that '
  'no chunk contains is replaced by a similarly spelt one.';

create function pipeline_search.match_words(
  p_terms pipeline_search.term[], p_literal text, p_document_ids uuid[], p_also uuid[]
) returns table (chunk_id uuid, text_score double precision, is_excluded boolean, lacks_phrase boolean)
language plpgsql stable security definer set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  -- The most chunks that are compared word by word.
  c_compared constant int := 600;
  -- The most results of a search.
  c_enough constant int := 50;
  v_owner uuid := (select auth.uid());
  v_wanted pipeline_search.term[] := array(
    select t from unnest(p_terms) t where t.role = 'wanted' and t.chunk_count > 0 order by t.chunk_count);
  v_total double precision := (
    select sum(t.weight * case when t.next_to is null then 1 else 1.15 end)
    from unnest(p_terms) t where t.role <> 'excluded');
  v_must tsquery;
  v_rare tsquery;
  v_common tsquery;
  v_any tsquery;
  v_counted bigint := 0;
  v_term pipeline_search.term;
  v_ids uuid[] := array[]::uuid[];
  v_literal text := coalesce(p_literal, (
    select t.literal from unnest(p_terms) t where t.role = 'required' and t.keys is null limit 1));
begin
  foreach v_term in array p_terms loop
    if v_term.role = 'required' and v_term.keys is not null then
      v_must := coalesce(v_must && v_term.keys, v_term.keys);
    end if;
  end loop;
  -- A chunk without any of the rare words matters only if it has all of the common ones.
  foreach v_term in array v_wanted loop
    v_any := coalesce(v_any || v_term.keys, v_term.keys);
    if v_rare is null or v_counted + v_term.chunk_count <= c_compared then
      v_rare := coalesce(v_rare || v_term.keys, v_term.keys);
      v_counted := v_counted + v_term.chunk_count;
    else
      v_common := coalesce(v_common && v_term.keys, v_term.keys);
    end if;
  end loop;

  if p_document_ids is not null and (
    select sum(d.chunk_count) <= c_compared from upload_pipeline.documents d
    where d.user_id = v_owner and d.document_id = any (p_document_ids)) then
    v_ids := array(
      select c.chunk_id from upload_pipeline.document_chunks c
      where c.user_id = v_owner and c.document_id = any (p_document_ids));
  elsif v_rare is null and v_must is null then
    if v_literal is not null then
      v_ids := array(
        select c.chunk_id
        from (
          select c.chunk_id, c.text from upload_pipeline.document_chunks c
          where c.user_id = v_owner and (p_document_ids is null or c.document_id = any (p_document_ids))
          limit c_compared) c
        where pipeline_search.has_literal(c.text, v_literal));
    end if;
  elsif v_rare is null then
    v_ids := array(select pipeline_search.matching_chunks(v_owner, v_must, p_document_ids, c_compared));
  else
    if v_must is not null then
      v_rare := v_must && v_rare;
      v_common := v_must && v_common;
      v_any := v_must && v_any;
    end if;
    if v_common is not null then
      v_ids := array(select pipeline_search.matching_chunks(
        v_owner, case when v_counted > c_compared then v_rare && v_common else v_common end,
        p_document_ids, c_compared / 3));
    end if;
    if cardinality(v_ids) < c_compared then
      v_ids := v_ids || array(select pipeline_search.matching_chunks(v_owner, v_rare, p_document_ids, c_compared));
    end if;
    -- Few chunks were found, as in a search of few documents.
    if v_common is not null and cardinality(v_ids) < c_enough then
      v_ids := v_ids || array(select pipeline_search.matching_chunks(
        v_owner, v_any, p_document_ids, c_enough));
    end if;
    if v_must is not null then
      v_ids := v_ids || array(select pipeline_search.matching_chunks(v_owner, v_must, p_document_ids, c_compared / 4));
    end if;
  end if;

  return query
  select c.chunk_id, s.score, s.is_excluded, s.lacks_phrase
  from (
    select c.chunk_id, c.text, c.search_text || ''::tsvector as words
    from upload_pipeline.document_chunks c
    where c.chunk_id = any (v_ids || p_also) and c.user_id = v_owner
    offset 0
  ) c
  cross join lateral (
    select
      case
        when p_literal is not null then case when pipeline_search.has_literal(c.text, p_literal) then 0.5 else 0 end
        -- A word's presence counts most, then its presence in a heading, then its frequency.
        else coalesce(sum(t.weight * case
          when t.role = 'excluded' then 0
          when t.exact is null and t.loose is null
          then case when pipeline_search.has_literal(c.text, t.literal) then 1 end
          when c.words @@ t.exact then 0.75 + 0.25 * least(1, ts_rank('{0.4, 0.6, 1, 1}', c.words, t.exact) * t.size)
          when c.words @@ t.loose then 0.6 + 0.15 * least(1, ts_rank('{0.4, 0.6, 1, 1}', c.words, t.loose))
          else 0
        end + case when c.words @@ t.next_to then 0.15 * t.weight else 0 end), 0) / greatest(v_total, 1e-9)
      end::double precision as score,
      coalesce(bool_or(
        t.role = 'excluded' and (t.exact is null or c.words @@ t.exact)
        and pipeline_search.has_literal(c.text, t.literal)), false) as is_excluded,
      coalesce(bool_or(
        t.role = 'required' and not ((t.exact is null or c.words @@ t.exact)
        and pipeline_search.has_literal(c.text, t.literal))), false) as lacks_phrase
    from unnest(p_terms) t
  ) s;
end $$;
comment on function pipeline_search.match_words is
  'The caller''s chunks that contain words of the question, and those of p_also, each with its text_score: the share '
  'of the question''s weight that it contains, 0 to 1. p_literal: a text to find literally, for a question without '
  'words in the index.';
