begin;
select plan(11);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.complete_document(user_id, 'given') j;
create function pg_temp.pending_chunks() returns table (ord int, text text, is_embedded boolean)
language sql as $$
  select n.ord, n.text, n.embedding is not null from given, tests.pending_chunks(document_id) n
$$;
select pipeline_internal.rechunk(document_id) from given;
select tests.finish_chunk(
  tests.claim('chunk', job_id), 'markdown-simple', '2',
  '[{"ord": 0, "text": "new A", "tokens": 2}, {"ord": 1, "text": "new B", "tokens": 2}]') from given;
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(lease, 'model', array[u.chunk_id], array[tests.axis(5)])
from lease, given, pipeline_internal.unembedded_chunks(document_id, 1) u;
select is(tests.reject(lease, 'BAD', 'bad'), true, 'rejects the job while it is being embedded') from lease;
select results_eq(
  'select * from pg_temp.pending_chunks()', $$values (0, 'new A', true), (1, 'new B', false)$$,
    'keeps the pending chunks');
select results_eq(
  'select d.chunk_count, count(*) from given join upload_pipeline.documents d using (document_id)
   join upload_pipeline.document_chunks c using (document_id) group by 1',
  'values (2, 2::bigint)', 'answers with the active version');

select is(pipeline_internal.redrive(job_id), true, 'redrives the job') from given;
select results_eq(
  'select text from given, pipeline_internal.unembedded_chunks(document_id, 10)', array['new B'],
  'embeds only the missing chunks');

-- Rejected and uploaded once more, and now the parser fails.
select tests.reject(tests.claim('embed', job_id), 'BAD', 'bad') from given;
create temporary table again as select j.* from ada, tests.job_at('parse', user_id, 'given') j;
select tests.reject(tests.reclaim('parse', job_id), 'WORSE', 'worse') from again;
select results_eq(
  'select status from tests.job((select job_id from given))', array['complete'],
    'keeps the document complete when a reparse fails');
select is_empty('select * from pg_temp.pending_chunks()', 'leaves no message');
select results_eq(
  'select v.embedding::text from given join pipeline_internal.pending_vectors v using (document_id)',
  'select tests.axis(5)', 'keeps the paid vector');

-- The next chunking uses it.
select pipeline_internal.rechunk(document_id) from given;
select tests.finish_chunk(
  tests.claim('chunk', job_id), 'markdown-simple', '3', '[{"ord": 0, "text": "new A", "tokens": 2}]') from given;
select results_eq(
  'select * from pg_temp.pending_chunks()', $$values (0, 'new A', true)$$, 'uses the paid vector in the next chunking');
select tests.finish_embed(tests.claim('embed', job_id)) from given;
select results_eq(
  'select text, embedding::text from upload_pipeline.document_chunks where document_id = (select document_id from '
  'given)',
  $$values ('new A', tests.axis(5))$$, 'charges nothing for it');

select is_empty(
  'select from pipeline_internal.pending_vectors where document_id = (select document_id from given)',
  'leaves no pending rows');

select * from finish();
rollback;
