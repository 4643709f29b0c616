begin;
select plan(4);

create temporary table pairs (written text, sought text);
insert into pairs values
  ('Résumé', 'resume'), (E're\u0301sume\u0301', 'RÉSUMÉ'), ('STRASSE', 'Straße'), ('GROẞ', 'gross'),
  ('Übergrößen', 'ubergrossen'), ('Ørsted', 'orsted'), ('Łódź', 'lodz'), ('Æsir', 'aesir'), ('İzmir', 'izmir'),
  ('ΟΔΟΣ', 'οδος'), ('Ёлка', 'елка'), (E'\uff21\uff22', 'ab'), (E'\ufb01le', 'file'),
  (E'\u1112\u1161\u11ab', '한'), (E'\u304b\u3099', 'が'), ('x²', 'x2');
select is_empty(
  $$select * from pairs where upload_pipeline.fold_name(written) <> upload_pipeline.fold_name(sought)$$,
  'folds case, accents and encodings');
select isnt(upload_pipeline.fold_name('が'), upload_pipeline.fold_name('か'), 'keeps a mark that makes another letter');
select is(upload_pipeline.fold_name(E'\u0301'), E'\u0301', 'keeps a name of marks only');

select results_eq(
  $$select name from unnest(array['a 10', 'B', 'e', 'A 2', 'ä', 'f', 'É', 'c', '10 a', '2 b', 'Zebra', 'ж', 'z']) name
    order by name collate upload_pipeline.reading_order$$,
  $$values ('2 b'), ('10 a'), ('ä'), ('A 2'), ('a 10'), ('B'), ('c'), ('e'), ('É'), ('f'), ('z'), ('Zebra'), ('ж')$$,
  'sorts names as readers expect');

select * from finish();
rollback;
