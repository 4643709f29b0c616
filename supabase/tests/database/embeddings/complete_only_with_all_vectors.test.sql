begin;
select plan(5);

create temporary table given as select * from tests.job_at('embed');
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
create temporary table chunks as
  select chunk_id, ord as chunk_ord from pipeline_internal.pending_chunks
    where document_id = (select document_id from given);
select pipeline_internal.store_embeddings(lease, 'model', array(select chunk_id from chunks where chunk_ord = 0),
  array[tests.axis(1)]) from lease;
create temporary table before as select tests.snapshot(job_id) as picture from given;

select throws_ok(
  'select tests.finish_embed((select lease from lease))',
  format('document %s has chunks without a vector', (select document_id from given)),
    'refuses to complete while a vector is missing');
select is(tests.snapshot((select job_id from given)), (select picture from before),
  'leaves the job and its message unchanged');

select pipeline_internal.store_embeddings(lease, 'model', array(select chunk_id from chunks where chunk_ord = 1),
  array[tests.axis(2)]) from lease;
select is(tests.finish_embed((select lease from lease)), true, 'stores the missing vector');
select results_eq(
  'select status, state, stage, message_id, last_error from tests.job((select job_id from given))',
  $$values ('complete', 'done', null::text, null::bigint, null::jsonb)$$, 'completes the document');
select is(tests.message_count((select job_id from given)), 0::bigint, 'deletes the message');

select * from finish();
rollback;
