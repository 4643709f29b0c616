-- The word index is read without row-level security, by words that begin with a tag of their owner. A user who shares a
-- tag, or forges the terms, still finds and counts only their own chunks.
begin;
select plan(10);

insert into auth.users (id, email, aud, role) values
  ('abcdabcd-0000-4000-8000-000000000001', 'ada@example.test', 'authenticated', 'authenticated'),
  ('abcdabcd-0000-4000-8000-000000000002', 'bob@example.test', 'authenticated', 'authenticated');
create temporary table hers as select j.*
  from tests.complete_document('abcdabcd-0000-4000-8000-000000000001', 'hers', '[
  {"ord": 0, "heading_path": [], "text": "Membership costs ten crowns.", "tokens": 5}]') j;
create temporary table his as select j.* from tests.complete_document('abcdabcd-0000-4000-8000-000000000002', 'his', '[
  {"ord": 0, "heading_path": [], "text": "Membership and the secret quorum cost nothing.", "tokens": 7},
  {"ord": 1, "heading_path": [], "text": "Crowns and membership.", "tokens": 7}]') j;
create temporary table his_chunks as select c.chunk_id from his join upload_pipeline.document_chunks c
  using (document_id);
grant select on hers, his, his_chunks to public;

select is(
  pipeline_words.owner_tag('abcdabcd-0000-4000-8000-000000000001'),
    pipeline_words.owner_tag('abcdabcd-0000-4000-8000-000000000002'),
  'creates two users with one tag');
select tests.act_as('abcdabcd-0000-4000-8000-000000000001');

select results_eq(
  $$select document_id from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$,
    'select document_id from hers', 'finds each user''s own chunks by words');
select is_empty($$select from upload_pipeline.search_chunks(query_text => 'quorum', mode => 'text')$$,
  'finds nothing of the other user');
select is_empty($$select from upload_pipeline.search_chunks(query_text => 'qourum', mode => 'text')$$,
  'finds nothing by a similar word');
select is(pipeline_search.search(query_text => 'qourum', mode => 'text') -> 'notices', '[]',
  'reports no correction from the other user');
select is(
  (select array_agg(t.chunk_count order by t.word) from unnest(pipeline_search.weigh_terms(
    pipeline_search.parse_query('membership quorum', array['english']::regconfig[], null,
      'abcdabcd-0000-4000-8000-000000000001'), array['english']::regconfig[])) t),
  array[1, 0], 'counts words in the user''s own chunks');
select is_empty(
  $$select from pipeline_search.match_words(
      pipeline_search.weigh_terms(pipeline_search.parse_query('quorum', array['english']::regconfig[], null,
        'abcdabcd-0000-4000-8000-000000000002'), '{english}'),
      null, (select array[document_id] from his), array(select chunk_id from his_chunks))$$,
        'finds nothing with forged terms');
select is_empty(
  $$select from pipeline_search.nearest(tests.axis(1)::extensions.halfvec, (select array[document_id] from his), 10)$$,
    'finds nothing in another user''s document');
select throws_ok(
  $$select pipeline_search.matching_chunks('abcdabcd-0000-4000-8000-000000000002', 'quorum'::tsquery, null, 10)$$,
    '42501', null, 'denies matching_chunks to users');
select throws_ok(
  $$select pipeline_search.similar_words('abcdabcd-0000-4000-8000-000000000002', null)$$, '42501', null,
    'denies similar_words to users');

select * from finish();
rollback;
