begin;
select plan(47);

create function pg_temp.finds(p_language text, p_text text, p_question text) returns boolean
language sql as $$
  select exists (
    select from unnest(pipeline_search.parse_query(p_question, array[pipeline_words.config(p_language)], null,
      gen_random_uuid())) t
    where pipeline_words.vector(pipeline_words.config(p_language), p_text) @@ coalesce(t.exact || t.loose, t.exact,
      t.loose))
$$;

select is(pg_temp.finds('fr', normalize('La réservation des étudiants', NFD), q), true, q || ' in a decomposed text')
from unnest(array['réservation', 'étudiants', 'etudiant', 'RÉSERVATIONS']) q;
select is(pg_temp.finds('fr', 'La réservation des étudiants', normalize('réservation', NFD)), true,
  'finds a decomposed question');

select is(pg_temp.finds('de', text, q), true, format('%s in "%s"', q, text))
from (values
  ('Kündigungen bedürfen der Schriftform.', 'Kündigung'), ('Kündigungen bedürfen der Schriftform.', 'kundigung'),
  ('Die Haltung von Hunden', 'Hund'), ('Die Haltung von Hunden', 'Hunde'),
  ('Straßenschuhe sind erlaubt', 'Strassenschuhe'), ('STRASSENSCHUHE', 'Straßenschuhe'),
  ('Die Betriebskostenabrechnung', 'Betriebskosten'), ('Übergrößen', 'ubergrossen')) v (text, q);
select is(pg_temp.finds('de', 'Die Frist für den Umbau', 'für'), false, 'finds nothing for a stop word');

select is(pg_temp.finds('ja', '返却が遅れた場合、一日につき十円の延滞料をいただきます。', q), true, q)
from unnest(array['延滞料', '返却が遅れた場合', '返却が遅れたらいくらですか', '料']) q;
select is(pg_temp.finds('ja', '返却が遅れた場合', '駐車場'), false, 'finds nothing for a missing word');
select is(pg_temp.finds('zh', '逾期归还须缴纳滞纳金。停车场在后面。', q), true, q) from unnest(array['滞纳金', '停车场']) q;
select is(pg_temp.finds('ko', '도서관은 아침에 문을 엽니다', '도서관'), true, 'finds a Korean word without its ending');
select is(pg_temp.finds('th', 'ห้องสมุดเปิดเก้าโมง', 'ห้องสมุด'), true, 'finds Thai');
select is(pg_temp.finds('ar', 'السَّلامُ عَلَيْكُمْ والكتابُ', q), true, q)
  from unnest(array['السلام', 'سلام', 'عليكم']) q;
select is(pg_temp.finds('ru', 'Новые книги', 'новая книга'), true, 'finds Russian endings');
select is(pg_temp.finds('el', 'Η βιβλιοθήκη', 'βιβλιοθηκη'), true, 'finds Greek accents');

select is(pg_temp.finds('en', text, q), true, format('%s in "%s"', q, text))
from (values
  ('the ﬁnance ofﬁce', 'finance office'), ('a soft' || U&'\00ad' || 'ware fault', 'software'),
    ('zero' || U&'\200b' || 'width', 'zerowidth'),
  ('costs １２３ yen', '123'), ('the fee is ٤٥', '45'), ('jane.sample@example.org', 'example.org'),
  ('the deposit is 1.234,56 EUR', '1234'), ('a fee of $2,500.00', '2500'), ('Valve AB-1234/5', 'ab-1234/5'),
    ('Valve AB-1234/5', '1234'),
  ('IEC 60601-1-2', 'IEC 60601-1-2'), ('the option max_retry_count', 'max_retry_count'),
    ('the option max_retry_count', 'retry'),
  ('invoice RE2026/0042', 'RE2026/0042'), ('see § 12 Abs. 3', '§ 12')) v (text, q);

select is(pipeline_search.parse_query(q, array['pg_catalog.english'::regconfig], null, gen_random_uuid()), '{}',
  format('finds no terms in "%s"', q))
from unnest(array['', 'the', '?!', e'\'\'\\ & | ! :*']) q;

select * from finish();
rollback;
