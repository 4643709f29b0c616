-- The index of words is read past row-level security, by words that begin with a tag of their owner. Whoever shares a tag, or
-- makes up the terms, still finds and counts nothing but what is theirs.
begin;
select plan(10);

insert into auth.users (id, email, aud, role) values
  ('abcdabcd-0000-4000-8000-000000000001', 'ada@example.test', 'authenticated', 'authenticated'),
  ('abcdabcd-0000-4000-8000-000000000002', 'bob@example.test', 'authenticated', 'authenticated');
create temporary table hers as select j.* from tests.complete_document('abcdabcd-0000-4000-8000-000000000001', 'hers', '[
  {"ord": 0, "heading_path": [], "text": "Membership costs ten crowns.", "tokens": 5}]') j;
create temporary table his as select j.* from tests.complete_document('abcdabcd-0000-4000-8000-000000000002', 'his', '[
  {"ord": 0, "heading_path": [], "text": "Membership and the secret quorum cost nothing.", "tokens": 7},
  {"ord": 1, "heading_path": [], "text": "Crowns and membership.", "tokens": 7}]') j;
create temporary table his_chunks as select c.chunk_id from his join upload_pipeline.document_chunks c using (document_id);
grant select on hers, his, his_chunks to public;

select is(
  pipeline_words.owner_tag('abcdabcd-0000-4000-8000-000000000001'), pipeline_words.owner_tag('abcdabcd-0000-4000-8000-000000000002'),
  'two users have one tag');
select tests.act_as('abcdabcd-0000-4000-8000-000000000001');

select results_eq(
  $$select document_id from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$, 'select document_id from hers', 'by words each finds their own');
select is_empty($$select from upload_pipeline.search_chunks(query_text => 'quorum', mode => 'text')$$, 'and nothing of the other');
select is_empty($$select from upload_pipeline.search_chunks(query_text => 'qourum', mode => 'text')$$, 'nor by a word that is spelt nearly so');
select is(pipeline_search.search(query_text => 'qourum', mode => 'text') -> 'notices', '[]', 'nor is it named');
select is(
  (select array_agg(t.chunk_count order by t.word) from unnest(pipeline_search.weigh_terms(
    pipeline_search.parse_query('membership quorum', array['english']::regconfig[], null, 'abcdabcd-0000-4000-8000-000000000001'), array['english']::regconfig[])) t),
  array[1, 0], 'words are counted in one''s own chunks');
select is_empty(
  $$select from pipeline_search.match_words(
      pipeline_search.weigh_terms(pipeline_search.parse_query('quorum', array['english']::regconfig[], null, 'abcdabcd-0000-4000-8000-000000000002'), '{english}'),
      null, (select array[document_id] from his), array(select chunk_id from his_chunks))$$, 'terms in another''s name find nothing');
select is_empty(
  $$select from pipeline_search.nearest(tests.axis(1)::extensions.halfvec, (select array[document_id] from his), 10)$$, 'nor does a vector in another''s document');
select throws_ok(
  $$select pipeline_search.matching_chunks('abcdabcd-0000-4000-8000-000000000002', 'quorum'::tsquery, null, 10)$$, '42501', null, 'what is told whose chunks to read is not for users');
select throws_ok(
  $$select pipeline_search.similar_words('abcdabcd-0000-4000-8000-000000000002', null)$$, '42501', null, 'nor is what looks for their words');

select * from finish();
rollback;
