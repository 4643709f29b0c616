begin;
select plan(10);

create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'given') j;
select tests.act_as(user_id) from given;

select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_text => 'crowns', mode => 'magic')$$, '22023',
  'mode must be hybrid, vector or text, not magic', 'an unknown mode is refused');
select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_text => 'crowns', mode => null)$$, '22023',
  'mode must be hybrid, vector or text, not null', 'and so is none');
select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_embedding => '[1, 2, 3]')$$, '22000', null, 'a vector of another length is refused');
select is_empty('select * from upload_pipeline.search_chunks()', 'no question, no answer');
select is_empty($$select * from upload_pipeline.search_chunks(query_text => '')$$, 'nor to an empty one');
select is_empty($$select * from upload_pipeline.search_chunks(query_text => 'the of and')$$, 'nor to one of stop words alone');
select lives_ok(
  format('select * from upload_pipeline.search_chunks(query_text => %L)', question), 'punctuation does no harm: ' || question)
from unnest(array[
  'a & b | !c <-> (d', ''' or 1=1; --', 'https://example.test/a?b=1&c=''2''', E'\\ : * "quoted" \t']) question;

select * from finish();
rollback;
