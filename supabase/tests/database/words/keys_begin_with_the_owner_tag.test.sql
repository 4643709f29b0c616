begin;
select plan(5);

create function pg_temp.keys(p_words text) returns text[]
language sql as $$
  select tsvector_to_array(pipeline_words.keys('0123abcd-4567-4890-8abc-def012345678', p_words::tsvector))
$$;
select set_eq(
  $$select unnest(pg_temp.keys('fee:1A,7 hour'))$$, array['ASOrfee', 'ASOrhour'],
  'puts the owner tag before each word, once per word');
select set_eq(
  $$select unnest(pg_temp.keys('kosten betriebskosten büchertausch'))$$,
  array['ASOrkosten', 'ASOr<netsok', 'ASOrbetriebskosten', 'ASOr<netsoksbeirteb', 'ASOrbüchertausch',
        'ASOr<hcsuatrehcüb'],
  'stores long words reversed as well');
select set_eq(
  $$select unnest(pg_temp.keys('lamps inv-2024-17 1234567 jane@example.org'))$$,
  array['ASOrlamps', 'ASOrinv-2024-17', 'ASOr1234567', 'ASOrjane@example.org'],
  'stores no short words, numbers or codes reversed');
select is(pg_temp.keys(''), '{}'::text[], 'returns no keys without words');

-- The index contains the keys.
create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'given') j;
set local enable_seqscan = off;
create function pg_temp.found(p_user_id uuid, p_word text) returns setof text
language sql as $$
  select text from upload_pipeline.document_chunks
  where pipeline_words.keys(user_id, search_text) @@ (quote_literal(pipeline_words.owner_tag(p_user_id)
    || p_word))::tsquery
$$;
select results_eq('select f from given, pg_temp.found(user_id, ''crown'') f',
  array['Membership costs ten crowns a year.'], 'finds a chunk by its owner''s key');

select * from finish();
rollback;
