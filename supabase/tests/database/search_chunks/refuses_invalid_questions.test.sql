begin;
select plan(10);

create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'given') j;
select tests.act_as(user_id) from given;

select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_text => 'crowns', mode => 'magic')$$, '22023',
  'mode must be hybrid, vector or text, not magic', 'refuses an unknown mode');
select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_text => 'crowns', mode => null)$$, '22023',
  'mode must be hybrid, vector or text, not null', 'refuses a null mode');
select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_embedding => '[1, 2, 3]')$$, '22000', null,
    'refuses a vector of another length');
select is_empty('select * from upload_pipeline.search_chunks()', 'finds nothing without a question');
select is_empty($$select * from upload_pipeline.search_chunks(query_text => '')$$,
  'finds nothing for an empty question');
select is_empty($$select * from upload_pipeline.search_chunks(query_text => 'the of and')$$,
  'finds nothing for stop words that no text contains');
select lives_ok(
  format('select * from upload_pipeline.search_chunks(query_text => %L)', question), 'punctuation does no harm: '
    || question)
from unnest(array[
  'a & b | !c <-> (d', ''' or 1=1; --', 'https://example.test/a?b=1&c=''2''', E'\\ : * "quoted" \t']) question;

select * from finish();
rollback;
