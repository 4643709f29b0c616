begin;
select plan(9);

-- A chunk at place n has axis n + 1 for a meaning.
create temporary table given as
  select j.* from tests.create_user() u, tests.complete_document(u, 'given', '[
    {"ord": 0, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Guide", "Fees"], "text": "Membership costs ten crowns a year.", "tokens": 8},
    {"ord": 1, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Guide", "Hours"], "text": "The library opens at nine.", "tokens": 6},
    {"ord": 2, "page_from": 2, "page_to": 2, "page_offsets": [0], "heading_path": ["Guide", "Fees"], "text": "Late members pay crowns for each week.", "tokens": 8}
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
  $$select chunk_ord, vector_rank, round(similarity::numeric, 3), text_rank from pg_temp.search('vector', 2, 'crowns') limit 1$$,
  $$values (1, 1, 1.000, null::int)$$, 'by meaning: the chunk with the same vector, whatever the words, with its similarity');
select set_eq(
  $$select chunk_ord from pg_temp.search('text', 2, 'crowns')$$, array[0, 2], 'by words: the chunks that have them, whatever the vector');
select results_eq(
  $$select chunk_ord, text_rank, vector_rank from pg_temp.search('text', 2, 'How much is the membership in crowns?') limit 1$$,
  $$values (0, 1, null::int)$$, 'more of the words is better, and a question is as good as a list of words');
select is(
  (select chunk_ord from pg_temp.search('hybrid', 1, 'membership crowns') limit 1), 0, 'both: first by meaning and by words comes first');
select cmp_ok(
  (select score from pg_temp.search('hybrid', 1, 'membership crowns') limit 1), '>', 0.9::double precision, 'and is an exact hit');
select results_eq(
  $$select chunk_ord from pg_temp.search('hybrid', 2, 'weeks') order by score < 0.1$$, array[1, 2, 0],
  'what one side finds stands above what neither does');
select is(
  (select count(*) from upload_pipeline.search_chunks(query_text => 'crowns')), 2::bigint, 'without a vector, the words alone are used');
select is(
  (select count(*) from upload_pipeline.search_chunks(tests.axis(2)::extensions.vector(1536))), 3::bigint, 'without words, the vector alone');
select results_eq(
  $$select document_id, filename, chunk_ord, page, heading_path, content from upload_pipeline.search_chunks(query_text => 'late')$$,
  $$select document_id, 'given.pdf', 2, 2, array['Guide', 'Fees'], 'Late members pay crowns for each week.' from given$$,
  'a passage says where it is from');

select * from finish();
rollback;
