-- The words by which a search finds chunks: one normal form for the index and for questions, in every language. These
-- functions depend on their arguments alone, so the caller's rights are enough for a search. The Data API does not
-- expose them.

create schema pipeline_words;
comment on schema pipeline_words is 'Turns text into words, for the index and for questions.';
revoke all on schema pipeline_words from public;
grant usage on schema pipeline_words to authenticated, service_role;

create function pipeline_words.normal(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_text text;
begin
  -- A fast path: testing for a character costs a tenth of replacing it, and most texts have none of these.
  if p_text !~ '[^\u0001-\u007f]' then return lower(p_text); end if;
  v_text := lower(case when p_text is nfkc normalized then p_text else normalize(p_text, NFKC) end);
  if v_text !~ '[\u00ad\u0591-\u05c7\u0622-\u06f9\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]' then
    return v_text;
  end if;
  return regexp_replace(
    -- Maps the variant shapes of Arabic letters, and the digits of other scripts.
    translate(v_text, 'أإآٱىة٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'اااايه01234567890123456789'),
    -- Soft hyphens, zero-width and direction marks, Arabic vowel marks and tatweel, Hebrew points.
    '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u0591-\u05c7\u0640\u064b-\u065f\u0670]', '', 'g');
end $$;
comment on function pipeline_words.normal is
  'Normalizes a text: NFKC, lower case, without ligatures and invisible marks.';

create function pipeline_words.base_letters(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return normalize(
    regexp_replace(
      normalize(
        -- Unicode does not decompose these letters.
        translate(
          replace(replace(replace(replace(p_text, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłı', 'oddli'),
        NFKD),
      -- Removes accents from Latin and Greek letters only; in other scripts an accent makes another letter.
      '([a-z\u0370-\u03ff])[\u0300-\u036f]+', '\1', 'g'),
    NFKC);
end $$;
comment on function pipeline_words.base_letters is 'Does the work of unaccented for any text, slowly.';

create function pipeline_words.unaccented(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_text text := p_text;
  v_unseen text := p_text;
  v_letter text;
begin
  if p_text !~ '[^\u0001-\u007f]' then return p_text; end if;
  -- A fast path: the text has no Latin or Greek letter with an accent, and no combining mark.
  if p_text !~ '[\u00c0-\u024f\u0300-\u03ff\u1e00-\u1fff]' and p_text is nfkc normalized then return p_text; end if;
  if p_text ~ '[^\u0001-\u017f]' then return pipeline_words.base_letters(p_text); end if;
  -- In Western text only a few distinct letters have accents; each is replaced once.
  loop
    v_letter := substring(v_unseen from '[^\u0001-\u007f]');
    exit when v_letter is null;
    v_unseen := replace(v_unseen, v_letter, '');
    v_text := replace(v_text, v_letter, pipeline_words.base_letters(v_letter));
  end loop;
  return v_text;
end $$;
comment on function pipeline_words.unaccented is
  'Removes the accents of a normal text: `Straße` and `STRASSE` become the same, and so do `é` and `e`.';

create function pipeline_words.config(p_language text) returns regconfig
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_language
    when 'ar' then 'arabic' when 'ca' then 'catalan' when 'da' then 'danish' when 'de' then 'german'
    when 'el' then 'greek'
    when 'en' then 'english' when 'es' then 'spanish' when 'eu' then 'basque' when 'fi' then 'finnish'
    when 'fr' then 'french'
    when 'ga' then 'irish' when 'hi' then 'hindi' when 'hu' then 'hungarian' when 'hy' then 'armenian'
    when 'id' then 'indonesian' when 'it' then 'italian' when 'lt' then 'lithuanian' when 'ne' then 'nepali'
    when 'nl' then 'dutch' when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian'
    when 'ru' then 'russian' when 'sr' then 'serbian' when 'sv' then 'swedish' when 'ta' then 'tamil'
    when 'tr' then 'turkish'
    when 'yi' then 'yiddish' else 'simple' end::regconfig;
end $$;
comment on function pipeline_words.config is
  'The text search configuration for an ISO 639-1 code; `simple`, which does not stem, if Postgres has none for it.';

create function pipeline_words.unspaced() returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Thai, Lao, Myanmar, Khmer; CJK radicals, kana, ideographs, Hangul; ideographs of the higher planes. Korean
  -- separates words, but not their endings.
  return '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff'
         '\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+';
end $$;
comment on function pipeline_words.unspaced is
  'A regular expression for runs of text in scripts that do not separate words.';

create function pipeline_words.bigrams(p_normal text) returns text[]
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  if p_normal !~ '[\u0e00-\U0003ffff]' then return '{}'::text[]; end if;
  return array(
    select pair.one || coalesce(pair.other, '')
    from regexp_matches(p_normal, pipeline_words.unspaced(), 'g') run (found)
    cross join lateral string_to_array(run.found[1], null) l (letters)
    cross join lateral unnest(l.letters, l.letters[2:]) pair (one, other)
    where pair.other is not null or cardinality(l.letters) = 1);
end $$;
comment on function pipeline_words.bigrams is
  'The bigrams of the characters of scripts that do not separate words, as often as they occur; they take the place of '
  'words. A character that stands alone is returned by itself.';

create function pipeline_words.ideographs(p_normal text) returns text[]
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  if p_normal !~ '[\u3400-\U0003ffff]' then return '{}'::text[]; end if;
  return array(
    select distinct m.found[1]
    from regexp_matches(p_normal, '[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', 'g') m (found));
end $$;
comment on function pipeline_words.ideographs is
  'The characters of a normal text that are each a word or the root of a word.';

create function pipeline_words.parts(p_normal text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return coalesce((
    select string_agg(
      regexp_replace(
        -- A thousands separator does not split a number.
        t.found[1] || ' ' || regexp_replace(t.found[1], '(?<=\d)[.,''’](?=\d{3}(?!\d))', '', 'g'),
        '[[:punct:]§€£’]+', ' ', 'g'), ' ')
    from regexp_matches(p_normal, '[^\s[:punct:]]+(?:[-._/@:+#&,=''’?]+[^\s[:punct:]]+)+', 'g') t (found)), '');
end $$;
comment on function pipeline_words.parts is
  'The parts of codes, addresses and numbers: `jane.sample@example.org` yields `example org`, and `1.234,56` yields '
  '`1234`.';

create function pipeline_words.stems(p_config regconfig, p_normal text) returns tsvector
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  -- Stemming runs before accents are removed, because the stop words of the language have accents.
  v_stems tsvector := to_tsvector(p_config, regexp_replace(p_normal, pipeline_words.unspaced(), ' ', 'g'));
begin
  if p_normal !~ '[^\u0001-\u007f]' then return v_stems; end if;
  return pipeline_words.unaccented(v_stems::text)::tsvector;
end $$;
comment on function pipeline_words.stems is 'The stems of a normal text in one language, without accents.';

create function pipeline_words.vector(p_config regconfig, p_text text) returns tsvector
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_normal text := pipeline_words.normal(p_text);
begin
  return pipeline_words.stems(p_config, v_normal)
         || to_tsvector('pg_catalog.simple', pipeline_words.unaccented(pipeline_words.parts(v_normal)))
         || coalesce((
              -- Positions tell headings from body text, and phrases from their parts. 16383 is the highest position of
              -- a tsvector.
              select string_agg(format('%L:%s', p.pair, least(p.place, 16383)), ' ')
              from unnest(pipeline_words.bigrams(v_normal)) with ordinality p (pair, place)), '')::tsvector
         || array_to_tsvector(pipeline_words.ideographs(v_normal));
end $$;
comment on function pipeline_words.vector is
  'The tsvector of a text for the index: stems, the parts of codes, and, for scripts that do not separate words, '
  'bigrams and ideographs.';

create function pipeline_words.owner_tag(p_user_id uuid) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  -- 24 bits in four characters: every key of the index begins with them.
  return encode(substr(uuid_send(p_user_id), 1, 3), 'base64');
end $$;
comment on function pipeline_words.owner_tag is
  'The prefix of a user''s keys in the index. Two users may share a prefix: it makes a search fast, and never decides '
  'what is found.';

create function pipeline_words.keys(p_user_id uuid, p_words tsvector) returns tsvector
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_owner text := pipeline_words.owner_tag(p_user_id);
  v_words text[] := tsvector_to_array(p_words);
begin
  return array_to_tsvector(
    array(select v_owner || word from unnest(v_words) word)
    || array(
      select v_owner || '<' || reverse(word) from unnest(v_words) word
      where char_length(word) >= 6 and word !~ '[\u0001-@[-`{-\u007f]'));
end $$;
comment on function pipeline_words.keys is
  'The keys of a chunk in the index: each word behind its owner''s tag. Words of 6 or more letters, and of letters '
  'only, are also stored reversed, behind the tag and `<`.';

revoke execute on all functions in schema pipeline_words from public;
grant execute on all functions in schema pipeline_words to authenticated, service_role;
