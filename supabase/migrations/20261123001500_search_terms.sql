-- Turns a question into terms: its words, phrases and exclusions, each with the index words that match it. Weights
-- depend on how rare a term is among the caller's own chunks.

create schema pipeline_search;
comment on schema pipeline_search is 'Finds and ranks the caller''s own chunks.';
revoke all on schema pipeline_search from public;
grant usage on schema pipeline_search to authenticated, service_role;

create type pipeline_search.term as (
  -- The word of the question, in normal form.
  word text,
  -- `wanted`: raises the score. `required`: a phrase in quotes. `excluded`: begins with a minus.
  role text,
  -- A full match (null: there is none), and a weaker match: a prefix, the parts of a code, another spelling.
  exact tsquery,
  loose tsquery,
  -- A text that the chunk must contain literally as well, if the index does not know every word of a phrase with its
  -- position.
  literal text,
  -- The term and its predecessor, at the distance that they have in the question.
  next_to tsquery,
  -- Both queries, in the index words with the owner's tag.
  keys tsquery,
  -- The number of words in `exact`.
  size int,
  -- What to highlight: whole words, and the beginnings of words.
  lexemes text[],
  prefixes text[],
  -- The word that was searched instead, if no chunk has this one.
  taken_for text,
  chunk_count int,
  weight double precision
);

create function pipeline_search.quoted(p_lexeme text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return '''' || replace(replace(p_lexeme, '\', '\\'), '''', '''''') || '''';
end $$;
comment on function pipeline_search.quoted is 'A word of the index, quoted for a tsquery.';

create function pipeline_search.all_of(p_lexemes text[], p_owner_tag text default '') returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return (select string_agg(pipeline_search.quoted(p_owner_tag || lexeme), ' & ') from unnest(p_lexemes) lexeme);
end $$;
comment on function pipeline_search.all_of is
  'A tsquery that matches if all of these words are present, each with the owner''s tag. Null for none.';

create function pipeline_search.phrase_pattern() returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return '(?:((?<!\S)-))?(?:"([^"]*)"|[“„]([^“”„]*)[“”]|«([^«»]*)»|「([^「」]*)」|『([^『』]*)』)';
end $$;
comment on function pipeline_search.phrase_pattern is
  'A regular expression for text in quotes, with an optional minus before it.';

create function pipeline_search.phrases(p_normal text) returns table (is_excluded boolean, phrase text)
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return query
  select m.found[1] is not null, btrim(coalesce(m.found[2], m.found[3], m.found[4], m.found[5], m.found[6]))
  from regexp_matches(p_normal, pipeline_search.phrase_pattern(), 'g') m (found)
  where btrim(coalesce(m.found[2], m.found[3], m.found[4], m.found[5], m.found[6])) <> '';
end $$;
comment on function pipeline_search.phrases is
  'The phrases of a normal text: what stands in the quotes of several languages.';

create function pipeline_search.words(p_normal text) returns table (place int, is_excluded boolean, word text)
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return query
  select t.place::int, t.word ~ '^[-−]\D', regexp_replace(
           regexp_replace(t.word, '^[-−](?=\D)|^[¿¡(\[{<*]+|[.,;:!?)\]}>*…。、？！]+$', '', 'g'),
           -- French and Italian elisions and inversions: `d'ouverture`, `dell'acqua`, `vais-je`.
           '^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|[dns]?[ae]ll)[''’](?=[[:alpha:]]{2})'
           '|(?<=[[:alpha:]]{2})-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|ce)$', '', 'g')
  from regexp_split_to_table(
    regexp_replace(p_normal, pipeline_search.phrase_pattern(), ' ', 'g'), '\s+') with ordinality t (word, place)
  where t.word <> '';
end $$;
comment on function pipeline_search.words is
  'The words of a normal text outside quotes, without the punctuation around them; -word is excluded.';

create function pipeline_search.term(
  p_word text, p_role text, p_configs regconfig[], p_asked_in regconfig, p_is_last boolean, p_tag text
) returns pipeline_search.term
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_term pipeline_search.term;
  v_plain text := pipeline_words.unaccented(p_word);
  v_parts text[] := tsvector_to_array(
    to_tsvector('pg_catalog.simple', pipeline_words.unaccented(pipeline_words.parts(p_word))));
  v_exact text[] := array[]::text[];
  v_keys text[] := array[]::text[];
  v_loose text[] := array[]::text[];
  v_config regconfig;
  v_lexemes text[];
begin
  v_term.word := p_word;
  v_term.role := p_role;
  v_term.lexemes := '{}';
  v_term.prefixes := '{}';
  foreach v_config in array p_configs loop
    v_lexemes := tsvector_to_array(pipeline_words.stems(v_config, p_word));
    continue when cardinality(v_lexemes) = 0;
    -- A match in another language than the question's is a coincidence, or a name.
    if v_config in (p_asked_in, 'pg_catalog.simple'::regconfig) or p_asked_in is null then
      v_exact := v_exact || pipeline_search.all_of(v_lexemes);
    else
      v_loose := v_loose || pipeline_search.all_of(v_lexemes);
    end if;
    v_keys := v_keys || pipeline_search.all_of(v_lexemes, p_tag);
    v_term.lexemes := v_term.lexemes || v_lexemes;
    -- Languages that write compounds as one word: `Betriebskosten` finds `Betriebskostenabrechnung`.
    if cardinality(v_lexemes) = 1 and char_length(v_lexemes[1]) >= 5 and v_config = any (array[
      'pg_catalog.german', 'pg_catalog.dutch', 'pg_catalog.swedish', 'pg_catalog.danish', 'pg_catalog.norwegian',
      'pg_catalog.finnish', 'pg_catalog.hungarian']::regconfig[]) then
      v_term.prefixes := v_term.prefixes || v_lexemes;
    end if;
  end loop;
  if cardinality(v_keys) = 0 then return null; end if;
  if cardinality(v_parts) > 0 then
    v_loose := v_loose || pipeline_search.all_of(v_parts);
    v_keys := v_keys || pipeline_search.all_of(v_parts, p_tag);
    v_term.lexemes := v_term.lexemes || v_parts;
  elsif p_is_last and char_length(v_plain) >= 3 and v_plain ~ '^[^\s[:punct:]]+$' then
    -- The last word may be incomplete.
    v_term.prefixes := v_term.prefixes || v_plain;
  end if;
  v_loose := v_loose || array(select pipeline_search.quoted(prefix) || ':*' from unnest(v_term.prefixes) prefix);
  v_keys := v_keys || array(select pipeline_search.quoted(p_tag || prefix) || ':*' from unnest(v_term.prefixes) prefix);

  v_term.exact := (select string_agg(distinct alternative, ' | ') from unnest(v_exact) alternative)::tsquery;
  v_term.loose := (select string_agg(distinct alternative, ' | ') from unnest(v_loose) alternative)::tsquery;
  v_term.keys := (select string_agg(distinct alternative, ' | ') from unnest(v_keys) alternative)::tsquery;
  v_term.size := (coalesce(numnode(v_term.exact), 0) + 1) / 2;
  return v_term;
end $$;
comment on function pipeline_search.term is
  'A word of a question as a term: its stems in each language. Null if no language has a stem for it.';

create function pipeline_search.bigram_term(p_pair text, p_role text, p_tag text) returns pipeline_search.term
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_term pipeline_search.term;
  v_ideographs text[] := pipeline_words.ideographs(p_pair);
  -- A single character matches any bigram that begins with it, unless it is an ideograph.
  v_ending text := case when char_length(p_pair) = 1 and cardinality(v_ideographs) = 0 then ':*' else '' end;
begin
  v_term.word := p_pair;
  v_term.role := p_role;
  v_term.exact := (pipeline_search.quoted(p_pair) || v_ending)::tsquery;
  v_term.keys := (pipeline_search.quoted(p_tag || p_pair) || v_ending)::tsquery;
  if char_length(p_pair) = 2 and cardinality(v_ideographs) > 0 then
    -- Also matches the two ideographs apart from each other, because each may be a word.
    v_term.loose := pipeline_search.all_of(v_ideographs)::tsquery;
    v_term.keys := v_term.keys || pipeline_search.all_of(v_ideographs, p_tag)::tsquery;
  end if;
  v_term.size := 1;
  v_term.lexemes := array[p_pair] || case when cardinality(v_ideographs) = 1 then v_ideographs end;
  v_term.prefixes := '{}';
  return v_term;
end $$;
comment on function pipeline_search.bigram_term is 'A bigram of a script that does not separate words, as a term.';

create function pipeline_search.without_line_breaks(p_normal text, p_is_unspaced boolean) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  -- A text in a script that does not separate words may break its lines anywhere.
  return regexp_replace(p_normal, '\s+', case when p_is_unspaced then '' else ' ' end, 'g');
end $$;
comment on function pipeline_search.without_line_breaks is 'A normal text without its line breaks.';

create function pipeline_search.literal(p_normal text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return pipeline_search.without_line_breaks(btrim(p_normal), p_normal ~ pipeline_words.unspaced());
end $$;
comment on function pipeline_search.literal is 'A normal text in the form that has_literal compares.';

create function pipeline_search.has_literal(p_text text, p_literal text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_literal is null
    or strpos(
      pipeline_search.without_line_breaks(pipeline_words.normal(p_text), p_literal ~ pipeline_words.unspaced()),
      p_literal) > 0;
end $$;
comment on function pipeline_search.has_literal is
  'Whether a text contains this one literally, apart from case and line breaks. Null is in every text.';

create function pipeline_search.phrase_term(
  p_phrase text, p_role text, p_configs regconfig[], p_tag text
) returns pipeline_search.term
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_term pipeline_search.term;
  v_exact text[] := array[]::text[];
  v_keys text[] := array[]::text[];
  v_config regconfig;
  v_lexemes text[];
  v_pairs text[] := pipeline_words.bigrams(p_phrase);
begin
  v_term.word := p_phrase;
  v_term.role := p_role;
  v_term.lexemes := v_pairs;
  v_term.prefixes := '{}';
  foreach v_config in array p_configs loop
    v_lexemes := tsvector_to_array(pipeline_words.stems(v_config, p_phrase));
    continue when cardinality(v_lexemes) = 0;
    if length(pipeline_words.stems(v_config, p_phrase))
       < length(pipeline_words.stems('pg_catalog.simple', p_phrase)) then
      v_term.literal := pipeline_search.literal(p_phrase);
    end if;
    v_exact := v_exact || pipeline_words.unaccented(
      phraseto_tsquery(v_config, regexp_replace(p_phrase, pipeline_words.unspaced(), ' ', 'g'))::text);
    v_keys := v_keys || pipeline_search.all_of(v_lexemes, p_tag);
    v_term.lexemes := v_term.lexemes || v_lexemes;
  end loop;
  if cardinality(v_exact) > 0 then
    v_term.exact := (select string_agg(distinct '(' || alternative || ')', ' | ')
      from unnest(v_exact) alternative)::tsquery;
    v_term.keys := (select string_agg(distinct '(' || alternative || ')', ' | ')
      from unnest(v_keys) alternative)::tsquery;
  end if;
  if cardinality(v_pairs) > 0 or v_term.exact is null then
    v_term.literal := pipeline_search.literal(p_phrase);
  end if;
  if cardinality(v_pairs) > 0 then
    v_term.exact := case when v_term.exact is null then pipeline_search.all_of(v_pairs)::tsquery
                         else v_term.exact && pipeline_search.all_of(v_pairs)::tsquery end;
    v_term.keys := case when v_term.keys is null then pipeline_search.all_of(v_pairs, p_tag)::tsquery
                        else v_term.keys && pipeline_search.all_of(v_pairs, p_tag)::tsquery end;
  end if;
  v_term.size := (coalesce(numnode(v_term.exact), 0) + 1) / 2;
  return v_term;
end $$;
comment on function pipeline_search.phrase_term is
  'A phrase as a term: its words next to each other, in order. Its queries are null if no language has a stem for it.';

create function pipeline_search.with_proximity(
  p_term pipeline_search.term, p_before pipeline_search.term, p_distance int
) returns pipeline_search.term
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- A term of several words has several positions, and neighbouring bigrams overlap, which says the same already.
  if p_term.role = 'wanted' and p_before.role = 'wanted' and p_distance between 1 and 5
     and (p_term.exact || p_before.exact)::text !~ ' & ' and p_term.word !~ pipeline_words.unspaced() then
    p_term.next_to := tsquery_phrase(p_before.exact, p_term.exact, p_distance);
  end if;
  return p_term;
end $$;
comment on function pipeline_search.with_proximity is 'Adds to a term the query for its predecessor at this distance.';

create function pipeline_search.detect_config(p_words text[], p_configs regconfig[]) returns regconfig
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return (
    select c.config
    from unnest(p_configs) with ordinality c (config, place)
    cross join lateral (
      select count(*) as stop_words from unnest(p_words) word
      where word !~ '[^[:alpha:]''’]' and pipeline_words.stems(c.config, word) = '') s
    where s.stop_words > 0
    order by s.stop_words desc, c.place
    limit 1);
end $$;
comment on function pipeline_search.detect_config is
  'The language that a question seems to be in: the one with the most stop words among its words. Null if none has '
  'any.';

create function pipeline_search.parse_query(
  p_text text, p_configs regconfig[], p_asked_in regconfig, p_owner uuid
) returns pipeline_search.term[]
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_normal text := pipeline_words.normal(coalesce(p_text, ''));
  v_tag text := pipeline_words.owner_tag(p_owner);
  v_asked_in regconfig := coalesce(p_asked_in, pipeline_search.detect_config(
    array(select w.word from pipeline_search.words(v_normal) w), p_configs));
  v_configs regconfig[] := array(
    select distinct c from unnest(p_configs || p_asked_in) c where c is not null order by 1);
  v_terms pipeline_search.term[];
begin
  v_terms := array(
    select pipeline_search.phrase_term(
      p.phrase, case when p.is_excluded then 'excluded' else 'required' end, v_configs, v_tag)
    from pipeline_search.phrases(v_normal) p
    group by p.is_excluded, p.phrase);
  return v_terms || array(
    select pipeline_search.with_proximity(t.term, lag(t.term) over places, t.place - lag(t.place) over places)
    from (
      select w.word, w.is_excluded, min(w.place) as place, bool_or(w.place = w.last_place) as is_last
      from (select *, max(place) over () as last_place from pipeline_search.words(v_normal)) w
      group by w.word, w.is_excluded
    ) w
    cross join lateral (select case when w.is_excluded then 'excluded' else 'wanted' end as role) r
    cross join lateral (
      select 0 as part, w.place, pipeline_search.term(
        w.word, r.role, v_configs, case when not w.is_excluded then v_asked_in end,
        w.is_last and not w.is_excluded, v_tag) as term
      -- A stop word of the question's language is not searched in the other languages either.
      where v_asked_in is null or w.is_excluded or pipeline_words.stems(v_asked_in, w.word) <> ''
        or w.word ~ '[^[:alpha:]''’]'
      union all
      select min(p.part)::int, w.place + min(p.part)::int, pipeline_search.bigram_term(p.pair, r.role, v_tag)
      from unnest(pipeline_words.bigrams(w.word)) with ordinality p (pair, part)
      where not w.is_excluded
      group by p.pair
      union all
      select 1, w.place, pipeline_search.phrase_term(w.word, r.role, v_configs, v_tag)
      where w.is_excluded and cardinality(pipeline_words.bigrams(w.word)) > 0
    ) t
    where (t.term).keys is not null
    window places as (order by w.place, t.part)
    order by w.place, t.part);
end $$;
comment on function pipeline_search.parse_query is
  'The terms of a question, without weights: phrases first, then words in their order. p_configs: the languages of the '
  'documents; p_asked_in: the language of the question, null to guess it.';
