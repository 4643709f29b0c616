begin;
select plan(5);

create function pg_temp.keys(p_words text) returns text[]
language sql as $$
  select tsvector_to_array(pipeline_words.keys('0123abcd-4567-4890-8abc-def012345678', p_words::tsvector))
$$;
select set_eq(
  $$select unnest(pg_temp.keys('fee:1A,7 hour'))$$, array['0123abcdfee', '0123abcdhour'],
  'a word stands behind the beginning of its owner''s id, wherever and however often it occurs');
select set_eq(
  $$select unnest(pg_temp.keys('kosten betriebskosten büchertausch'))$$,
  array['0123abcdkosten', '0123abcd<netsok', '0123abcdbetriebskosten', '0123abcd<netsoksbeirteb', '0123abcdbüchertausch',
        '0123abcd<hcsuatrehcüb'],
  'a long one also from its end, by which compounds are found');
select set_eq(
  $$select unnest(pg_temp.keys('lamps inv-2024-17 1234567 jane@example.org'))$$,
  array['0123abcdlamps', '0123abcdinv-2024-17', '0123abcd1234567', '0123abcdjane@example.org'],
  'but not short ones, numbers and codes');
select is(pg_temp.keys(''), '{}'::text[], 'no words have no keys');

-- The index has them.
create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'given') j;
set local enable_seqscan = off;
create function pg_temp.found(p_user_id uuid, p_word text) returns setof text
language sql as $$
  select text from upload_pipeline.document_chunks
  where pipeline_words.keys(user_id, search_text) @@ (quote_literal(left(p_user_id::text, 8) || p_word))::tsquery
$$;
select results_eq('select f from given, pg_temp.found(user_id, ''crown'') f', array['Membership costs ten crowns a year.'], 'a chunk is found by its owner''s key');

select * from finish();
rollback;
