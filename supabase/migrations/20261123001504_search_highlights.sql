-- Finds the positions of the question's words in a chunk: for highlights, and for the page of the matching passage.

create function pipeline_search.match_positions_by_word(
  p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]
) returns table (starts int, ends int, lexeme text)
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_initials text[] := array(select distinct left(l, 1) from unnest(p_lexemes || p_prefixes) l);
begin
  return query
  with piece as (
    select m.found[2] as word,
           (sum(char_length(m.found[1]) + char_length(m.found[2])) over (order by m.place)
            - char_length(m.found[2]))::int as starts
    -- A word with the marks that belong to its letters, visible or not.
    from regexp_matches(
      p_text,
      '([^[:alnum:]\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]*)'
      '([[:alnum:]\u0300-\u036f\u00ad\u200b-\u200d\u0591-\u05c7\u0640\u064b-\u065f\u0670]+)',
      'g') with ordinality m (found, place)
  ), word as (
    select w.word, n.normal,
           case when w.word ~ '[^\u0001-\u007f]' then pipeline_words.unaccented(n.normal) else n.normal end as plain
    from (select distinct piece.word from piece) w
    cross join lateral (
      select case when w.word ~ '[^\u0001-\u007f]' then pipeline_words.normal(w.word)
                  else lower(w.word) end as normal) n
  ), found as (
    select w.word, coalesce(hit.lexeme, beginning.prefix) as lexeme
    from word w
    -- An Arabic stem may lack the first letters of its word.
    cross join lateral (
      select case when left(w.plain, 1) = any (v_initials) or p_config = 'pg_catalog.arabic'::regconfig
                  then tsvector_to_array(pipeline_words.stems(p_config, w.normal)) || w.plain end as stems) s
    left join lateral (
      select l.lexeme from unnest(s.stems) l (lexeme) where l.lexeme = any (p_lexemes) limit 1) hit on true
    left join lateral (
      select b.prefix from unnest(p_prefixes) b (prefix) where starts_with(w.plain, b.prefix) limit 1
    ) beginning on hit.lexeme is null
    where hit.lexeme is not null or beginning.prefix is not null
  )
  select p.starts, p.starts + char_length(p.word), f.lexeme
  from piece p join found f on f.word = p.word
  union all
  select p.starts + n - 1, least(p.starts + n + 1, p.starts + char_length(p.word)), pair.pair
  from piece p
  join word w on w.word = p.word and char_length(w.normal) = char_length(p.word) and p.word ~ pipeline_words.unspaced()
  cross join generate_series(1, char_length(p.word)) n
  cross join lateral (select substr(w.normal, n, 2) as pair) pair
  where pair.pair = any (p_lexemes);
end $$;
comment on function pipeline_search.match_positions_by_word is
  'The same as match_positions, for any text: it examines every word.';

create function pipeline_search.match_positions(
  p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]
) returns table (starts int, ends int, lexeme text)
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_plain text := pipeline_words.unaccented(pipeline_words.normal(p_text));
  v_words text[] := array(
    select distinct l from unnest(p_lexemes || p_prefixes) l
    where l !~ pipeline_words.unspaced() and l ~ '^[[:alnum:]]');
  v_pairs text[] := array(select distinct l from unnest(p_lexemes) l where l ~ pipeline_words.unspaced());
  v_pattern text;
  v_start int;
  v_end int;
  v_word text;
  v_known jsonb := '{}'::jsonb;
begin
  -- A stem begins like its word, except in Arabic; and if no letter became two, a position in the folded text is the
  -- same in the text. Then only words that begin like one of the stems need to be examined.
  if char_length(v_plain) <> char_length(p_text) or p_config = 'pg_catalog.arabic'::regconfig then
    return query select * from pipeline_search.match_positions_by_word(p_config, p_text, p_lexemes, p_prefixes);
    return;
  end if;
  if cardinality(v_words) > 0 then
    v_pattern := '(?<![[:alnum:]])(?:'
                 || (select string_agg(distinct left(w, 3), '|') from unnest(v_words) w where w !~ '[^[:alnum:]]')
                 || ')[[:alnum:]]*';
    v_start := regexp_instr(v_plain, v_pattern);
    while v_start > 0 loop
      v_word := substring(substr(v_plain, v_start) from '^[[:alnum:]]+');
      v_end := v_start + char_length(v_word);
      if not v_known ? v_word then
        v_known := v_known || jsonb_build_object(v_word, coalesce(
          (select l from unnest(tsvector_to_array(
             pipeline_words.stems(p_config, pipeline_words.normal(substr(p_text, v_start, v_end - v_start))))
             || v_word) l
           where l = any (p_lexemes) limit 1),
          (select prefix from unnest(p_prefixes) prefix where starts_with(v_word, prefix) limit 1)));
      end if;
      if v_known ->> v_word is not null then
        starts := v_start - 1;
        ends := v_end - 1;
        lexeme := v_known ->> v_word;
        return next;
      end if;
      v_start := regexp_instr(v_plain, v_pattern, v_end);
    end loop;
  end if;
  if cardinality(v_pairs) > 0 then
    v_pattern := '(?:' || (select string_agg(w, '|') from unnest(v_pairs) w) || ')';
    v_start := regexp_instr(v_plain, v_pattern);
    while v_start > 0 loop
      foreach v_word in array v_pairs loop
        if substr(v_plain, v_start, char_length(v_word)) = v_word then
          starts := v_start - 1;
          ends := v_start - 1 + char_length(v_word);
          lexeme := v_word;
          return next;
        end if;
      end loop;
      v_start := regexp_instr(v_plain, v_pattern, v_start + 1);
    end loop;
  end if;
end $$;
comment on function pipeline_search.match_positions is
  'The positions of index words in a text, in characters from 0, the end excluded.';

create function pipeline_search.highlights(p_text text, p_starts int[], p_ends int[]) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  -- UTF-16 counts each of these as two.
  v_has_wide boolean := p_text ~ '[\U00010000-\U0010ffff]';
begin
  return coalesce((
    select jsonb_agg(jsonb_build_object(
      'start', r.starts + case
        when v_has_wide then regexp_count(left(p_text, r.starts), '[\U00010000-\U0010ffff]') else 0 end,
      'end', r.ends + case
        when v_has_wide then regexp_count(left(p_text, r.ends), '[\U00010000-\U0010ffff]') else 0 end)
      order by r.starts)
    from (
      select min(m.starts) as starts, max(m.ends) as ends
      from (
        select o.*, sum(o.is_apart::int) over (order by o.starts, o.ends) as island
        from (
          select m.starts, m.ends,
                 -- The parts of a code are one highlight: `AB-1234/5`.
                 coalesce(
                   substr(
                     p_text, (max(m.ends) over before) + 1, greatest(m.starts - (max(m.ends) over before), 0))
                   !~ '^[-./_:@]?$', true) as is_apart
          from unnest(p_starts, p_ends) m (starts, ends)
          window before as (order by m.starts, m.ends rows between unbounded preceding and 1 preceding)
        ) o
      ) m
      group by m.island
    ) r
    -- A single letter is part of a code, or meaningless.
    where r.ends - r.starts > 1 or substr(p_text, r.starts + 1, 1) ~ pipeline_words.unspaced()), '[]');
end $$;
comment on function pipeline_search.highlights is
  'Positions of a text as [{start, end}], in UTF-16 code units as JavaScript counts them, in order and without '
  'overlap.';
