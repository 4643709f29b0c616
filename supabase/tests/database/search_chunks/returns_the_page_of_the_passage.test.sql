begin;
select plan(3);

create temporary table given as
  select j.* from tests.create_user() u, tests.complete_document(u, 'given', jsonb_build_array(jsonb_build_object(
    'ord', 0, 'page_from', 3, 'page_to', 5, 'page_offsets', array[0, 17, 17], 'heading_path', array['Fees'], 'context',
      'Library' || e'\n' || 'Fees',
    -- The 😀 is one character, and page 4 has no part of the text.
    'text', e'Crowns are paid 😀' || e'in weeks by members.', 'tokens', 9))) j;
grant select on given to public;
select tests.act_as(user_id) from given;

select results_eq(
  $$select page, page_from, page_to from upload_pipeline.search_chunks(query_text => 'weeks', mode => 'text')$$,
  'values (5, 3, 5)', 'returns the page that contains the words');
select results_eq(
  $$select page from upload_pipeline.search_chunks(query_text => 'crowns', mode => 'text')$$, 'values (3)',
    'returns another page for other words');
select results_eq(
  $$select page, content from upload_pipeline.search_chunks(query_text => 'library', mode => 'text')$$,
  $$values (3, e'Crowns are paid 😀in weeks by members.')$$,
    'finds words of the context, and returns the content unchanged');

select * from finish();
rollback;
