begin;
select plan(9);

select results_eq(
  'select max_failed_page_ratio, ocr_languages from pipeline_internal.limits', $$values (1::real, '{}'::text[])$$,
  'a parse may fail on any number of pages, and scans are read in the parser''s own language');

create function pg_temp.refuses(p_change text, p_about text) returns text language sql as $$
  select throws_ok('update pipeline_internal.limits set ' || p_change, '23514', null, p_about)
$$;
select pg_temp.refuses('max_failed_page_ratio = 1.1', 'a share is at most 1');
select pg_temp.refuses('max_failed_page_ratio = -0.1', 'and at least 0');
select pg_temp.refuses($$max_failed_page_ratio = 'NaN'$$, 'and a number');
select pg_temp.refuses($$ocr_languages = '{German}'$$, 'a language is named by its code');
select pg_temp.refuses($$ocr_languages = '{de,""}'$$, 'which is not empty');
select pg_temp.refuses($$ocr_languages = '{de,null}'$$, 'nor unknown');
select pg_temp.refuses($$ocr_languages = '{"de,en"}'$$, 'each code is an entry of its own');
select lives_ok(
  $$update pipeline_internal.limits set max_failed_page_ratio = 0.05, ocr_languages = '{de,ch_sim,zh-Hant,bgc}'$$,
  'what the parser takes is taken');

select * from finish();
rollback;
