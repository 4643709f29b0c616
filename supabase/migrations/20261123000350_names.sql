-- How file names are compared and sorted: as readers expect, not by their bytes.

create collation upload_pipeline.reading_order (provider = icu, locale = 'und-u-kn-true');
comment on collation upload_pipeline.reading_order is
  'Sorts by letters, then accents, then case, in all scripts, and sorts numbers by value: a 2, A 10, é, f.';

create function upload_pipeline.fold_name(p_name text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_letters text := normalize(lower(normalize(p_name, NFKC) collate "und-x-icu"), NFKD);
  -- The combining marks of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic.
  v_bare text := regexp_replace(
    v_letters,
    '[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]',
    '', 'g');
begin
  -- Unicode does not decompose these letters.
  v_bare := translate(v_bare, 'łøđħŧıς', 'lodhtiσ');
  v_bare := replace(replace(replace(replace(v_bare, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  -- A name that consists of marks alone stays as it is.
  return normalize(coalesce(nullif(v_bare, ''), v_letters), NFC);
end $$;
comment on function upload_pipeline.fold_name is
  'Folds a name for searching: one form for all encodings of a character, without case and accents, ß as ss.';
revoke execute on function upload_pipeline.fold_name from public, anon;
grant execute on function upload_pipeline.fold_name to authenticated, service_role;
