-- A long document is chunked in portions, one per invocation.
begin;
select plan(11);

create function pg_temp.portion(p_first_ord int, variadic p_texts text[]) returns pipeline_internal.chunk_output
language sql as $$
  select jsonb_populate_record(null::pipeline_internal.chunk_output, jsonb_build_object(
    'chunker_name', 'markdown-simple', 'chunker_version', '2', 'embed_model', 'model', 'first_ord', p_first_ord,
    'chunks', jsonb_agg(jsonb_build_object('ord', p_first_ord + ord - 1, 'text', t, 'tokens', 3) order by ord)))
  from unnest(p_texts) with ordinality p (t, ord)
$$;
create temporary table given as select * from tests.job_at('chunk');
create temporary table first_lease as select tests.claim('chunk', job_id) as lease from given;

select is(
  pipeline_internal.store_chunks(lease, pg_temp.portion(0, 'one', 'twice'), '{"stretch": 1, "ord": 2}', 1, 3), true,
  'stores the first portion') from first_lease;
select results_eq(
  'select resume, units_done, units_total, state from tests.job((select job_id from given))',
  $$values ('{"stretch": 1, "ord": 2}'::jsonb, 1, 3, 'working')$$, 'stores where the next portion begins');
select results_eq(
  'select stage_pct, total_pct from upload_pipeline.document_status where job_id = (select job_id from given)',
  'values (33::smallint, 53::smallint)', 'stores the progress');
select tests.pause(lease, 0) from first_lease;
create temporary table second_lease as select tests.claim('chunk', job_id) as lease from given;
select results_eq(
  $$select resume from upload_pipeline.upload_jobs where job_id = (select job_id from given)$$,
  $$values ('{"stretch": 1, "ord": 2}'::jsonb)$$, 'returns the position to the next invocation');
select is(
  pipeline_internal.store_chunks(lease, pg_temp.portion(2, 'late'), '{"stretch": 9, "ord": 9}', 3, 3), false,
  'refuses a portion of a lost lease') from first_lease;

-- The worker dies after its second portion, and the portion is chunked once more.
select pipeline_internal.store_chunks(lease, pg_temp.portion(2, 'twice', 'four'), '{"stretch": 2, "ord": 4}', 2, 3)
  from second_lease;
select is(
  pipeline_internal.store_chunks(lease, pg_temp.portion(2, 'twice', 'four'), '{"stretch": 2, "ord": 4}', 2, 3), true,
  'stores a repeated portion') from second_lease;
create function pg_temp.pending_chunks() returns table (ord int, text text)
language sql as $$
  select ord, text from pipeline_internal.pending_chunks
  where document_id = (select document_id from given) order by ord
$$;
select results_eq(
  'select * from pg_temp.pending_chunks()',
  $$values (0, 'one'), (1, 'twice'), (2, 'twice'), (3, 'four')$$, 'stores the same chunks for a repeated portion');
select is(
  tests.settle(lease, jsonb_build_object('outcome', 'done', 'output', to_jsonb(pg_temp.portion(4, 'five'))
    || '{"title": "A title"}')), true,
  'moves the document on after the last portion') from second_lease;
select results_eq(
  'select * from pg_temp.pending_chunks()',
  $$values (0, 'one'), (1, 'twice'), (2, 'twice'), (3, 'four'), (4, 'five')$$, 'stores all chunks in order');
select results_eq(
  'select j.resume, j.status, d.title from tests.job((select job_id from given)) j join upload_pipeline.documents d '
  'using (document_id)',
  $$values (null::jsonb, 'embedding_queued', 'A title')$$, 'clears the position for the next stage');
select is(
  (select count(distinct chunk_id) from pipeline_internal.pending_chunks
    where document_id = (select document_id from given)),
  5::bigint, 'stores two chunks with the same text as two');

select * from finish();
rollback;
