begin;
select plan(29);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table first as
  select j.* from ada, tests.complete_document(user_id, 'first', (
    select jsonb_agg(jsonb_build_object('ord', n, 'page_from', n + 1, 'page_to', n + 1, 'page_offsets', array[0],
      'heading_path', '[]'::jsonb,
      'text', 'Crowns are paid, says part ' || n || case when n = 3 then ', the treasurer.' else '.' end, 'tokens', 8))
    from generate_series(0, 5) n)) j;
create temporary table second as
  select j.* from ada, tests.complete_document(user_id, 'second', '[
    {"ord": 0, "heading_path": [], "text": "Crowns are paid, says part 3, the treasurer.", "tokens": 8},
    {"ord": 1, "heading_path": [], "text": "A kingdom for a horse.", "tokens": 6}]') j;
create temporary table bob as select j.* from tests.create_user('bob') u, tests.complete_document(u, 'his') j;
create temporary table his as select c.* from bob join upload_pipeline.document_chunks c using (document_id);
grant select on ada, first, second, bob, his to public;
select tests.act_as(user_id) from ada;

create function pg_temp.answer(p_explained uuid default null, p_min_score double precision default null,
  p_ids uuid[] default null, p_k int default 3)
returns jsonb
language sql as $$
  select pipeline_search.search(tests.axis(4)::extensions.vector(1536), 'treasurer of crowns', p_k, p_ids, 'text',
    p_min_score, explain_chunk_id => p_explained)
$$;
create function pg_temp.chunk(p_ord int) returns uuid
language sql as $$ select c.chunk_id from first join upload_pipeline.document_chunks c using (document_id)
  where c.chunk_ord = p_ord $$;

-- Duplicates and documents.
select results_eq(
  $$select filename, chunk_ord, jsonb_array_length(duplicates)
    from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text')$$,
  $$select case when (c.filename) = 'first.pdf' then 'first.pdf' else 'second.pdf' end, c.chunk_ord, 1
    from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text') c$$,
      'returns equal texts as one result');
select is(
  (select count(*) from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text')), 1::bigint,
    'returns it once');
select is(
  (select (duplicates -> 0 ->> 'filename') <> filename
    from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text')), true,
  'lists its duplicates');
select is(
  (select count(*) from upload_pipeline.search_chunks(query_text => 'crowns', mode => 'text', match_count => 50)),
    6::bigint, 'returns other texts separately');
select is(
  (select count(*) from upload_pipeline.search_chunks(query_text => 'crowns', mode => 'text', match_count => 50,
    max_per_document => 2) where filename = 'first.pdf'),
  2::bigint, 'limits results per document');

-- Scores.
select is(
  (select count(*)
    from upload_pipeline.search_chunks(query_text => 'treasurer crowns', mode => 'text', match_count => 50,
      min_score => 0.6)), 1::bigint,
  'drops results below min_score');
select results_eq(
  $$select chunk_ord from upload_pipeline.search_chunks(tests.axis(2)::extensions.vector(1536), 'treasurer', 50,
    min_similarity => 0.5) order by 1$$,
  array[1, 1], 'drops results below min_similarity');
select cmp_ok(
  (select max(score) from upload_pipeline.search_chunks(tests.axis(900)::extensions.vector(1536), 'zebra stripes')),
    '<', 0.05::double precision,
  'gives nonsense a low score');
select is(
  (select content like '%treasurer.'
    from upload_pipeline.search_chunks(tests.axis(6)::extensions.vector(1536), 'treasurer', 1, weight_words => 1,
      weight_meaning => 0)), true,
  'uses words alone with their weight');
select is(
  (select chunk_ord from upload_pipeline.search_chunks(tests.axis(6)::extensions.vector(1536), 'treasurer', 1,
    weight_words => 0, weight_meaning => 1)), 5,
  'uses meaning alone with its weight');
select results_eq(
  $$select text_score, similarity is null from upload_pipeline.search_chunks(query_text => 'horse', mode => 'text')$$,
  $$select round(score::numeric, 4)::double precision, true
    from upload_pipeline.search_chunks(query_text => 'horse', mode => 'text')$$,
      'scores by words alone without a vector');

-- Neighbours.
select is(
  (select array_agg((n ->> 'chunk_ord')::int order by n ->> 'chunk_ord')
   from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text',
     document_ids => (select array[document_id] from first), expand => 2),
        jsonb_array_elements(neighbours) n), array[1, 2, 4, 5], 'returns neighbours in the document');
select is(
  (select neighbours from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text')), null,
    'returns no neighbours by default');

-- Pages of results.
create function pg_temp.paged(p_mode text, p_k int) returns uuid[]
language plpgsql as $$
declare
  v_seen uuid[] := '{}';
  v_answer jsonb;
begin
  for i in 1..20 loop
    v_answer := pipeline_search.search(
      tests.axis(4)::extensions.vector(1536), 'crowns treasurer', p_k, mode => p_mode,
      after_score => (v_answer -> 'next' ->> 'score')::double precision,
        after_chunk_id => (v_answer -> 'next' ->> 'chunk_id')::uuid);
    v_seen := v_seen || array(select (h ->> 'chunk_id')::uuid from jsonb_array_elements(v_answer -> 'results')
      with ordinality r (h, n) order by n);
    exit when v_answer -> 'next' = 'null';
  end loop;
  return v_seen;
end $$;
select is(
  pg_temp.paged(mode, k),
  array(select chunk_id from upload_pipeline.search_chunks(tests.axis(4)::extensions.vector(1536), 'crowns treasurer',
    50, mode => mode)),
  format('returns the same results page by page: %s, %s per page', mode, k))
from unnest(array['hybrid', 'vector', 'text']) mode, unnest(array[1, 2]) k;

-- Explanations.
select is(pg_temp.answer() -> 'explained', 'null', 'explains nothing by default');
select is(
  pg_temp.answer(pg_temp.chunk(3), p_ids => (select array[document_id] from first)) -> 'explained' ->> 'reason',
    'FOUND', 'explains a result');
select is(
  (select pg_temp.answer(c.chunk_id) -> 'explained' ->> 'reason' from second join upload_pipeline.document_chunks c
    using (document_id) where c.chunk_ord = 1),
  'NO_WORD_FOUND', 'explains a chunk without the words');
select is(pg_temp.answer(pg_temp.chunk(0), 0.9) -> 'explained' ->> 'reason', 'BELOW_MIN_SCORE',
  'explains a chunk with too low a score');
select is(
  pg_temp.answer(pg_temp.chunk(0), p_ids => (select array[document_id] from second)) -> 'explained' ->> 'reason',
    'OTHER_DOCUMENT', 'explains a chunk of another document');
select is(
  (select count(*) from unnest(array[0, 1, 2, 4, 5]) n
    where pg_temp.answer(pg_temp.chunk(n), p_k => 1) -> 'explained' ->> 'reason' = 'OTHER_PAGE'), 5::bigint,
  'explains a chunk on a later page');
select is(
  (select (pg_temp.answer(chunk_id) -> 'explained') - 'chunk_id'::text from his limit 1),
    (pg_temp.answer(gen_random_uuid()) -> 'explained') - 'chunk_id'::text,
  'explains another user''s chunk as unknown');
select is(
  (select explanation #>> '{words,terms,0,found}'
    from upload_pipeline.search_chunks(query_text => 'treasurer', mode => 'text', explain => true)), 'exactly',
  'explains a result by its terms');

-- Limits.
select throws_ok(
  $$select from upload_pipeline.search_chunks(query_text => repeat('x', 2001))$$, '22023',
    'query_text must have at most 2000 characters, not 2001', 'limits the length of the question');
select is(
  (select pipeline_search.search(query_text => string_agg('word' || n, ' '), mode => 'text') #>> '{notices,0,code}'
    from generate_series(1, 200) n), 'WORDS_LEFT_OUT',
  'limits the number of words and reports the rest');

select * from finish();
rollback;
