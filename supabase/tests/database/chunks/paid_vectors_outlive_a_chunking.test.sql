-- A document is chunked again before all of it was embedded, as after a rejection.
begin;
select plan(8);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('chunk', user_id, 'given') j;
create function pg_temp.cut(p_model text, variadic p_texts text[]) returns boolean
language sql as $$
  select tests.settle(tests.claim('chunk', (select job_id from given)),
    jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'chunker_name', 'c', 'chunker_version', '1', 'embed_model', p_model, 'chunks', (
      select jsonb_agg(jsonb_build_object('ord', ord - 1, 'text', t, 'tokens', 3) order by ord)
      from unnest(p_texts) with ordinality p (t, ord)))))
$$;
-- Rejected while it is being embedded, uploaded once more, and parsed again.
create function pg_temp.start_over(p_lease pipeline_internal.lease) returns void
language sql as $$
  select tests.reject(p_lease, 'BAD', 'bad');
  select tests.job_at('chunk', (select user_id from ada), 'given');
$$;
create function pg_temp.unembedded() returns setof text
language sql as $$ select u.text from given, pipeline_internal.unembedded_chunks(document_id, 10) u $$;

select pg_temp.cut('model', 'the fees', 'the hours');
create temporary table first_lease as select tests.claim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(lease, 'model', array[u.chunk_id], array[tests.axis(5)])
from first_lease, given, pipeline_internal.unembedded_chunks(document_id, 1) u;
create temporary table paid as
  select v.* from pipeline_internal.pending_vectors v join given using (document_id);
select is((select count(*) from paid), 1::bigint, 'stores the vector of one of two chunks');

select pg_temp.start_over(lease) from first_lease;
select pg_temp.cut('model', 'the hours');
select results_eq('select pg_temp.unembedded()', array['the hours'], 'drops the text in the second chunking');
select pg_temp.start_over(tests.claim('embed', job_id)) from given;
select pg_temp.cut('model', 'the hours', 'the fees', 'the fees');
select results_eq('select pg_temp.unembedded()', array['the hours'], 'reuses the vector in the third chunking, twice');
select results_eq(
  'select v.* from pipeline_internal.pending_vectors v join given using (document_id)', 'select * from paid',
  'reuses the paid vector');

create temporary table third_lease as select tests.claim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(lease, 'model', array[u.chunk_id], array[tests.axis(6)])
from third_lease, given, pipeline_internal.unembedded_chunks(document_id, 10) u;
select pg_temp.start_over(lease) from third_lease;
select pg_temp.cut('better model', 'the hours', 'the fees');
select results_eq(
  'select pg_temp.unembedded()', array['the hours', 'the fees'], 'embeds everything again for another model');
select is_empty(
  'select from pipeline_internal.pending_vectors v join given using (document_id)',
    'reuses no vector of the former model');
create temporary table last_lease as select tests.claim('embed', job_id) as lease from given;
select tests.embed(lease, document_id, 'better model') from last_lease, given;
select is(tests.finish_embed(lease), true, 'completes the document') from last_lease;
select results_eq(
  'select c.text, c.embed_model, c.embedding::text from upload_pipeline.document_chunks c join given using '
  '(document_id) order by chunk_ord',
  $$values ('the hours', 'better model', tests.axis(1)), ('the fees', 'better model', tests.axis(2))$$,
    'answers with the vectors of the other model');

select * from finish();
rollback;
