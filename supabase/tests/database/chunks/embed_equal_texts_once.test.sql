begin;
select plan(10);

create temporary table given as select j.* from tests.create_user() u, tests.job_at('chunk', u, 'given') j;
select tests.finish_chunk(
  tests.claim('chunk', job_id), 'markdown-simple', '1',
  '[{"ord": 0, "text": "blank page", "tokens": 2}, {"ord": 1, "text": "the fees", "tokens": 3},
    {"ord": 2, "text": "blank page", "tokens": 2}, {"ord": 3, "text": "the hours", "tokens": 4},
    {"ord": 4, "text": "blank page", "tokens": 2}]') from given;
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
create function pg_temp.progress() returns text
language sql as $$
  select units_done || ' of ' || units_total from tests.job((select job_id from given))
$$;

select results_eq(
  'select u.text from given, pipeline_internal.unembedded_chunks(document_id, 10) u',
  array['blank page', 'the fees', 'the hours'], 'returns one of several equal texts, at its first position');
select results_eq(
  'select u.text from given, pipeline_internal.unembedded_chunks(document_id, 2) u',
  array['blank page', 'the fees'], 'does not count the others against the requested number');

select pipeline_internal.store_embeddings(lease, 'model', array[u.chunk_id], array[tests.axis(7)])
from lease, given, pipeline_internal.unembedded_chunks(document_id, 1) u;
select is(pg_temp.progress(), '3 of 5', 'stores the vector for all three');
select results_eq(
  'select n.ord from given, tests.pending_chunks(document_id) n where n.embedding is not null',
  array[0, 2, 4], 'stores the vector at every position');
select tests.reject(lease, 'TWICE', 'bad') from lease;
select is(
  (select token_count from pipeline_internal.redrive_all(p_code => 'TWICE')), 7::bigint,
  'estimates the two missing vectors in a dry run of redrive_all');
select pipeline_internal.redrive(job_id) from given;

-- A worker of an earlier release names several equal texts.
create temporary table again as select tests.claim('embed', job_id) as lease from given;
delete from pipeline_internal.pending_vectors where document_id = (select document_id from given);
select is(
  pipeline_internal.store_embeddings(
    (select lease from again), 'model', array_agg(n.chunk_id order by n.ord),
      array_agg(tests.axis(n.ord + 1) order by n.ord)),
  true, 'accepts a batch with several equal texts')
from given, tests.pending_chunks(document_id) n;
select results_eq(
  'select n.ord, n.embedding::text from given, tests.pending_chunks(document_id) n',
  $$values (0, tests.axis(1)), (1, tests.axis(2)), (2, tests.axis(1)), (3, tests.axis(4)), (4, tests.axis(1))$$,
  'keeps the first vector');
select is(pg_temp.progress(), '5 of 5', 'has a vector for every chunk');
select is(tests.finish_embed(lease), true, 'completes the document') from again;
select results_eq(
  'select c.chunk_ord, c.text, c.embedding::text from upload_pipeline.document_chunks c join given using '
  '(document_id) order by 1',
  $$values (0, 'blank page', tests.axis(1)), (1, 'the fees', tests.axis(2)), (2, 'blank page', tests.axis(1)),
           (3, 'the hours', tests.axis(4)), (4, 'blank page', tests.axis(1))$$,
  'answers with every chunk at its position');

select * from finish();
rollback;
