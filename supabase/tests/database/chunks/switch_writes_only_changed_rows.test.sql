-- A chunk's row is written once, when it becomes active; a re-chunk writes changed rows only.
begin;
select plan(11);

create function pg_temp.chunks(variadic p_texts text[]) returns jsonb
language sql as $$
  select jsonb_agg(jsonb_build_object('ord', ord - 1, 'text', t, 'tokens', 3) order by ord)
  from unnest(p_texts) with ordinality p (t, ord)
$$;
create temporary table given as select j.* from tests.create_user() u, tests.job_at('chunk', u, 'given') j;
create function pg_temp.answering()
  returns table (row_at tid, chunk_id uuid, chunk_ord int, text text, embed_model text)
language sql as $$
  select c.ctid, c.chunk_id, c.chunk_ord, c.text, c.embed_model from upload_pipeline.document_chunks c
  where c.document_id = (select document_id from given) order by c.chunk_ord
$$;
create function pg_temp.chunk_count() returns int
language sql as $$ select chunk_count from upload_pipeline.documents
  where document_id = (select document_id from given) $$;
-- Chunks the document into these texts and embeds those without a vector.
create function pg_temp.carry_through(p_model text, variadic p_texts text[]) returns bigint
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job((select job_id from given));
  v_lease pipeline_internal.lease;
  v_ids uuid[];
begin
  perform tests.settle(tests.reclaim('chunk', v_job.job_id),
    jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'chunker_name', 'c', 'chunker_version', '1', 'embed_model', p_model, 'chunks', pg_temp.chunks(variadic p_texts))));
  v_lease := tests.reclaim('embed', v_job.job_id);
  v_ids := array(select u.chunk_id from pipeline_internal.unembedded_chunks(v_job.document_id, 100) u);
  perform pipeline_internal.store_embeddings(v_lease, p_model, v_ids, array(select tests.axis(1) from unnest(v_ids)));
  perform tests.finish_embed(v_lease);
  return cardinality(v_ids);
end $$;

select is(pg_temp.chunk_count(), 0, 'refuses to complete a document without chunks');
select is(pg_temp.carry_through('model', 'one', 'two', 'three'), 3::bigint, 'embeds three chunks');
select is(pg_temp.chunk_count(), 3, 'stores the number of active chunks');
select is_empty(
  'select from pipeline_internal.pending_chunks union all select from pipeline_internal.pending_vectors',
  'leaves no pending rows');
create temporary table before as select * from pg_temp.answering();

select pipeline_internal.rechunk(document_id) from given;
select is(pg_temp.carry_through('model', 'one', 'new', 'two'), 1::bigint, 'embeds one new chunk');
select results_eq(
  'select a.text, a.chunk_id = b.chunk_id, a.row_at = b.row_at from pg_temp.answering() a left join before b using '
  '(text) order by a.chunk_ord',
  $$values ('one', true, true), ('new', null, null), ('two', true, false)$$,
  'rewrites no unchanged row, and keeps the id of a moved chunk');
select is(pg_temp.chunk_count(), 3, 'answers with three chunks');

select pipeline_internal.rechunk(document_id) from given;
select is(pg_temp.carry_through('better model', 'one', 'new'), 2::bigint, 'embeds all chunks again for another model');
select results_eq(
  'select text, embed_model from pg_temp.answering()', $$values ('one', 'better model'), ('new', 'better model')$$,
  'answers with the vectors of the new model');
select is(pg_temp.chunk_count(), 2, 'answers with two chunks');

select pipeline_internal.rechunk(document_id) from given;
select tests.settle(tests.claim('chunk', job_id), jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
  'chunker_name', 'c', 'chunker_version', '1', 'embed_model', 'better model', 'chunks', pg_temp.chunks('one'))))
    from given;
delete from pipeline_internal.pending_chunks;
select throws_ok(
  'select tests.finish_embed(tests.claim(''embed'', job_id)) from given',
  format('document %s has no chunks to answer with', (select document_id from given)),
  'keeps the active version when there is no pending version');

select * from finish();
rollback;
