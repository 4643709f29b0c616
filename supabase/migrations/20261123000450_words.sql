-- The words by which chunks are found: one normal form for what is indexed and what is asked, in every language. Functions of
-- their arguments alone, for the caller's rights to be enough in a search; not exposed to the Data API.

create schema pipeline_words;
comment on schema pipeline_words is 'How text becomes words, in the index and in a question.';
revoke all on schema pipeline_words from public;
grant usage on schema pipeline_words to authenticated, service_role;

create function pipeline_words.normal(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_text text;
begin
  -- Most texts are spared most of this: looking for a character costs a tenth of replacing it.
  if p_text !~ '[^\u0001-\u007f]' then return lower(p_text); end if;
  v_text := lower(case when p_text is nfkc normalized then p_text else normalize(p_text, NFKC) end);
  if v_text !~ '[\u00ad\u0591-\u05c7\u0622-\u06f9\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]' then return v_text; end if;
  return regexp_replace(
    -- Arabic letters with several shapes, and digits of other scripts.
    translate(v_text, 'أإآٱىة٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'اااايه01234567890123456789'),
    -- Soft hyphens, zero-width and direction marks, Arabic vowel marks and stretching, Hebrew points.
    '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u0591-\u05c7\u0640\u064b-\u065f\u0670]', '', 'g');
end $$;
comment on function pipeline_words.normal is
  'A text in NFKC and lower case, without ligatures and marks that do not show.';

create function pipeline_words.base_letters(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return normalize(
    regexp_replace(
      normalize(
        -- Letters that have no accent to take off.
        translate(
          replace(replace(replace(replace(p_text, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłı', 'oddli'),
        NFKD),
      -- Of Latin and Greek letters; of others an accent makes another letter.
      '([a-z\u0370-\u03ff])[\u0300-\u036f]+', '\1', 'g'),
    NFKC);
end $$;
comment on function pipeline_words.base_letters is 'What unaccented makes of any text whatever, which takes long.';

create function pipeline_words.unaccented(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_text text := p_text;
  v_unseen text := p_text;
  v_letter text;
begin
  if p_text !~ '[^\u0001-\u007f]' then return p_text; end if;
  -- No Latin or Greek letter, and no mark, that has anything to lose.
  if p_text !~ '[\u00c0-\u024f\u0300-\u03ff\u1e00-\u1fff]' and p_text is nfkc normalized then return p_text; end if;
  if p_text ~ '[^\u0001-\u017f]' then return pipeline_words.base_letters(p_text); end if;
  -- Western letters stand for themselves, and a text has but a few with accents.
  loop
    v_letter := substring(v_unseen from '[^\u0001-\u007f]');
    exit when v_letter is null;
    v_unseen := replace(v_unseen, v_letter, '');
    v_text := replace(v_text, v_letter, pipeline_words.base_letters(v_letter));
  end loop;
  return v_text;
end $$;
comment on function pipeline_words.unaccented is
  'A normal text without accents: `Straße` and `STRASSE` are the same, and so are `é` and `e`.';

create function pipeline_words.config(p_language text) returns regconfig
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_language
    when 'ar' then 'arabic' when 'ca' then 'catalan' when 'da' then 'danish' when 'de' then 'german' when 'el' then 'greek'
    when 'en' then 'english' when 'es' then 'spanish' when 'eu' then 'basque' when 'fi' then 'finnish' when 'fr' then 'french'
    when 'ga' then 'irish' when 'hi' then 'hindi' when 'hu' then 'hungarian' when 'hy' then 'armenian'
    when 'id' then 'indonesian' when 'it' then 'italian' when 'lt' then 'lithuanian' when 'ne' then 'nepali'
    when 'nl' then 'dutch' when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian'
    when 'ru' then 'russian' when 'sr' then 'serbian' when 'sv' then 'swedish' when 'ta' then 'tamil' when 'tr' then 'turkish'
    when 'yi' then 'yiddish' else 'simple' end::regconfig;
end $$;
comment on function pipeline_words.config is
  'How Postgres stems a language, by its ISO 639-1 code: `simple`, which takes words as they are, where it cannot.';

create function pipeline_words.unspaced() returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Thai, Lao, Myanmar, Khmer; CJK radicals, kana, ideographs, Hangul; ideographs of the higher planes. A Korean word is spaced, but its
  -- endings are not.
  return '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+';
end $$;
comment on function pipeline_words.unspaced is 'A regular expression for runs of text in scripts that do not set words apart.';

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
  'Every two neighbours among the characters of scripts that do not set words apart, which stand for their words, as often as they occur; a character alone by itself.';

create function pipeline_words.ideographs(p_normal text) returns text[]
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  if p_normal !~ '[\u3400-\U0003ffff]' then return '{}'::text[]; end if;
  return array(
    select distinct m.found[1]
    from regexp_matches(p_normal, '[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', 'g') m (found));
end $$;
comment on function pipeline_words.ideographs is 'The characters of a normal text each of which is a word, or the root of one.';

create function pipeline_words.parts(p_normal text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return coalesce((
    select string_agg(
      regexp_replace(
        -- The thousands of a number belong together.
        t.found[1] || ' ' || regexp_replace(t.found[1], '(?<=\d)[.,''’](?=\d{3}(?!\d))', '', 'g'),
        '[[:punct:]§€£’]+', ' ', 'g'), ' ')
    from regexp_matches(p_normal, '[^\s[:punct:]]+(?:[-._/@:+#&,=''’?]+[^\s[:punct:]]+)+', 'g') t (found)), '');
end $$;
comment on function pipeline_words.parts is
  'What codes, addresses and numbers are made of: `jane.sample@example.org` has `example org`, and `1.234,56` has `1234`.';

create function pipeline_words.stems(p_config regconfig, p_normal text) returns tsvector
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  -- Stemmed with the accents that the language's own list of words to leave out has.
  v_stems tsvector := to_tsvector(p_config, regexp_replace(p_normal, pipeline_words.unspaced(), ' ', 'g'));
begin
  if p_normal !~ '[^\u0001-\u007f]' then return v_stems; end if;
  return pipeline_words.unaccented(v_stems::text)::tsvector;
end $$;
comment on function pipeline_words.stems is 'The words of a normal text, stemmed as a language has it; without accents.';

create function pipeline_words.vector(p_config regconfig, p_text text) returns tsvector
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_normal text := pipeline_words.normal(p_text);
begin
  return pipeline_words.stems(p_config, v_normal)
         || to_tsvector('pg_catalog.simple', pipeline_words.unaccented(pipeline_words.parts(v_normal)))
         || coalesce((
              -- Their places tell headings from what stands under them, and a phrase from its pieces. A tsvector counts no further.
              select string_agg(format('%L:%s', p.pair, least(p.place, 16383)), ' ')
              from unnest(pipeline_words.bigrams(v_normal)) with ordinality p (pair, place)), '')::tsvector
         || array_to_tsvector(pipeline_words.ideographs(v_normal));
end $$;
comment on function pipeline_words.vector is
  'The words of a text for the index: stemmed as its language has it, with the parts of codes; and pairs of characters, with each ideograph alone, where nothing sets words apart.';

create function pipeline_words.owner_tag(p_user_id uuid) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  -- 24 bits, in four characters: every key of the index begins with them.
  return encode(substr(uuid_send(p_user_id), 1, 3), 'base64');
end $$;
comment on function pipeline_words.owner_tag is
  'What the words of a user''s chunks begin with in the index. Two users may share one: it makes a search quick, and never decides what is found.';

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
  'Words as the index has them: each behind its owner''s tag; and those of 6 letters and more, and nothing but letters, also behind this and `<`, from their end to their beginning.';

revoke execute on all functions in schema pipeline_words from public;
grant execute on all functions in schema pipeline_words to authenticated, service_role;
