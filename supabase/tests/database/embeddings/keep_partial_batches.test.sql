-- A retry embeds only what is missing.
begin;
select plan(6);

create temporary table given as select * from tests.job_at('embed');
create temporary table first as select tests.claim('embed', job_id) as lease from given;
create temporary table chunks as
  select chunk_id, ord as chunk_ord from pipeline_internal.pending_chunks
    where document_id = (select document_id from given);

select is(
  pipeline_internal.store_embeddings(
    (select lease from first), 'text-embedding-3-small', array(select chunk_id from chunks where chunk_ord = 1),
      array[tests.axis(2)]),
  true, 'stores one of two vectors');
select results_eq(
  'select status, state, units_done, units_total from tests.job((select job_id from given))',
  $$values ('embedding_in_progress', 'working', 1, 2)$$, 'stores the progress and keeps the lease');
select results_eq(
  'select n.ord, n.embedding::text, n.embed_model from given, tests.pending_chunks(document_id) n where n.embedding '
  'is not null',
  $$values (1, tests.axis(2), 'text-embedding-3-small')$$, 'stores the vector of the right chunk');

select tests.retry(lease, 'DOWN', 'down') from first;
select isnt((tests.reclaim('embed', (select job_id from given))).msg_id, null,
  'begins another attempt after a failure');
select results_eq(
  'select chunk_id from pipeline_internal.unembedded_chunks((select document_id from given), 100)',
  'select chunk_id from chunks where chunk_ord = 0', 'returns one chunk to embed');
select results_eq(
  'select units_done from tests.job((select job_id from given))', array[1], 'keeps the progress');

select * from finish();
rollback;
