begin;
select plan(9);

select results_eq(
  'select max_failed_page_ratio, ocr_languages from pipeline_internal.limits', $$values (1::real, '{}'::text[])$$,
  'has defaults for failed pages and languages');

create function pg_temp.refuses(p_change text, p_about text) returns text language sql as $$
  select throws_ok('update pipeline_internal.limits set ' || p_change, '23514', null, p_about)
$$;
select pg_temp.refuses('max_failed_page_ratio = 1.1', 'refuses a ratio above 1');
select pg_temp.refuses('max_failed_page_ratio = -0.1', 'refuses a ratio below 0');
select pg_temp.refuses($$max_failed_page_ratio = 'NaN'$$, 'refuses a ratio that is not a number');
select pg_temp.refuses($$ocr_languages = '{German}'$$, 'refuses a language that is no code');
select pg_temp.refuses($$ocr_languages = '{de,""}'$$, 'refuses an empty language');
select pg_temp.refuses($$ocr_languages = '{de,null}'$$, 'refuses a null language');
select pg_temp.refuses($$ocr_languages = '{"de,en"}'$$, 'refuses two codes in one element');
select lives_ok(
  $$update pipeline_internal.limits set max_failed_page_ratio = 0.05, ocr_languages = '{de,ch_sim,zh-Hant,bgc}'$$,
  'accepts the parser''s codes');

select * from finish();
rollback;
