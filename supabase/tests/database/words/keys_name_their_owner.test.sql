begin;
select plan(5);

create function pg_temp.keys(p_words text) returns text[]
language sql as $$
  select tsvector_to_array(pipeline_words.keys('0123abcd-4567-4890-8abc-def012345678', p_words::tsvector))
$$;
select set_eq(
  $$select unnest(pg_temp.keys('fee:1A,7 hour'))$$, array['ASOrfee', 'ASOrhour'],
  'a word stands behind the first three bytes of its owner''s id in base64, wherever and however often it occurs');
select set_eq(
  $$select unnest(pg_temp.keys('kosten betriebskosten büchertausch'))$$,
  array['ASOrkosten', 'ASOr<netsok', 'ASOrbetriebskosten', 'ASOr<netsoksbeirteb', 'ASOrbüchertausch',
        'ASOr<hcsuatrehcüb'],
  'a long one also from its end, by which one is found whose beginning is misspelt');
select set_eq(
  $$select unnest(pg_temp.keys('lamps inv-2024-17 1234567 jane@example.org'))$$,
  array['ASOrlamps', 'ASOrinv-2024-17', 'ASOr1234567', 'ASOrjane@example.org'],
  'but not short ones, numbers and codes');
select is(pg_temp.keys(''), '{}'::text[], 'no words have no keys');

-- The index has them.
create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'given') j;
set local enable_seqscan = off;
create function pg_temp.found(p_user_id uuid, p_word text) returns setof text
language sql as $$
  select text from upload_pipeline.document_chunks
  where pipeline_words.keys(user_id, search_text) @@ (quote_literal(pipeline_words.owner_tag(p_user_id) || p_word))::tsquery
$$;
select results_eq('select f from given, pg_temp.found(user_id, ''crown'') f', array['Membership costs ten crowns a year.'], 'a chunk is found by its owner''s key');

select * from finish();
rollback;
