begin;
select plan(9);

-- A chunk with ordinal n has the vector of axis n + 1.
create temporary table given as
  select j.* from tests.create_user() u, tests.complete_document(u, 'given', '[
    {"ord": 0, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Guide", "Fees"],
      "text": "Membership costs ten crowns a year.", "tokens": 8},
    {"ord": 1, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Guide", "Hours"],
      "text": "The library opens at nine.", "tokens": 6},
    {"ord": 2, "page_from": 2, "page_to": 2, "page_offsets": [0], "heading_path": ["Guide", "Fees"],
      "text": "Late members pay crowns for each week.", "tokens": 8}
  ]') j;
grant select on given to public;
create function pg_temp.search(p_mode text, p_axis int, p_words text) returns table (
  chunk_ord int, vector_rank int, text_rank int, score double precision, similarity double precision)
language sql as $$
  select chunk_ord, vector_rank, text_rank, score, similarity
  from upload_pipeline.search_chunks(tests.axis(p_axis)::extensions.vector(1536), p_words, 3, mode => p_mode)
$$;
select tests.act_as(user_id) from given;

select results_eq(
  $$select chunk_ord, vector_rank, round(similarity::numeric, 3), text_rank
    from pg_temp.search('vector', 2, 'crowns') limit 1$$,
  $$values (1, 1, 1.000, null::int)$$, 'finds the chunk with the same vector, whatever its words');
select set_eq(
  $$select chunk_ord from pg_temp.search('text', 2, 'crowns')$$, array[0, 2],
    'finds the chunks with the words, whatever their vectors');
select results_eq(
  $$select chunk_ord, text_rank, vector_rank from pg_temp.search('text', 2, 'How much is the membership in crowns?')
    limit 1$$,
  $$values (0, 1, null::int)$$, 'ranks chunks with more of the words higher');
select is(
  (select chunk_ord from pg_temp.search('hybrid', 1, 'membership crowns') limit 1), 0, 'ranks the best by both first');
select cmp_ok(
  (select score from pg_temp.search('hybrid', 1, 'membership crowns') limit 1), '>', 0.9::double precision,
    'gives an exact match a high score');
select results_eq(
  $$select chunk_ord from pg_temp.search('hybrid', 2, 'weeks') order by score < 0.1$$, array[1, 2, 0],
  'ranks a chunk of one retriever above one of none');
select is(
  (select count(*) from upload_pipeline.search_chunks(query_text => 'crowns')), 2::bigint,
    'uses words alone without a vector');
select is(
  (select count(*) from upload_pipeline.search_chunks(tests.axis(2)::extensions.vector(1536))), 3::bigint,
    'uses the vector alone without words');
select results_eq(
  $$select document_id, filename, chunk_ord, page, heading_path, content
    from upload_pipeline.search_chunks(query_text => 'late')$$,
  $$select document_id, 'given.pdf', 2, 2, array['Guide', 'Fees'], 'Late members pay crowns for each week.'
    from given$$,
  'returns the source of a passage');

select * from finish();
rollback;
