-- A missing page is read: the chunks after it move, and keep their ids and vectors.
begin;
select plan(9);

create function pg_temp.chunks(variadic p_texts text[]) returns jsonb
language sql as $$
  select jsonb_agg(jsonb_build_object(
    'ord', ord - 1, 'context', 'A book', 'text', t, 'tokens', 3, 'page_from', ord, 'page_to', ord, 'page_offsets',
      '[0]'::jsonb)
    order by ord)
  from unnest(p_texts) with ordinality p (t, ord)
$$;
create temporary table given as
  select j.* from tests.create_user() u,
    tests.complete_document(u, 'given', pg_temp.chunks('first', 'third', 'gone')) j;
create temporary table before as
  select * from upload_pipeline.document_chunks where document_id = (select document_id from given);
select is(
  (select chunk_sha from before where chunk_ord = 0),
  encode(extensions.digest(e'A book\n\nfirst', 'sha256'), 'hex'), 'computes chunk_sha from the embedded text');

select pipeline_internal.rechunk(document_id) from given;
select tests.finish_chunk(
  tests.claim('chunk', job_id), 'markdown-simple', '1', pg_temp.chunks('first', 'second', 'third')) from given;
create function pg_temp.live() returns table (chunk_ord int, text text)
language sql as $$
  select chunk_ord, text from upload_pipeline.document_chunks
  where document_id = (select document_id from given) order by chunk_ord
$$;
select results_eq(
  'select * from pg_temp.live()', $$values (0, 'first'), (1, 'third'), (2, 'gone')$$,
  'answers with the active version in order while a vector is missing');
select results_eq(
  'select text from given, pipeline_internal.unembedded_chunks(document_id, 10)', array[e'A book\n\nsecond'],
  'embeds only the new chunk, with its context');
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
select throws_ok('select tests.finish_embed(lease) from lease', 'P0001', null,
  'refuses the switch until it is embedded');
select pipeline_internal.store_embeddings(lease, 'model', array[u.chunk_id], array[tests.axis(9)])
from lease, given, pipeline_internal.unembedded_chunks(document_id, 10) u;
select results_eq(
  'select units_done, units_total from tests.job((select job_id from given))', 'values (3, 3)',
  'reports progress for the pending version');
select is(tests.finish_embed(lease), true, 'switches when it is embedded') from lease;
select results_eq(
  'select * from pg_temp.live()', $$values (0, 'first'), (1, 'second'), (2, 'third')$$, 'answers with the new version');
select results_eq(
  $$
    select a.text, a.embedding = b.embedding, a.embedded_at = b.embedded_at
    from upload_pipeline.document_chunks a join before b using (chunk_id) order by a.chunk_ord
  $$,
  $$values ('first', true, true), ('third', true, true)$$, 'keeps the ids of equal texts at any position');
select is(
  (select count(*) from upload_pipeline.document_chunks where document_id = (select document_id from given)), 3::bigint,
  'leaves no pending rows');

select * from finish();
rollback;
