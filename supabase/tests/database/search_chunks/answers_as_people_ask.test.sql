begin;
select plan(45);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table given as
  select j.* from ada, tests.complete_document(user_id, 'manual', '[
    {"ord": 0, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Fees"], "context": "Handbook\nFees", "text": "Membership costs ten crowns a year. Late fees are charged by the week.", "tokens": 14},
    {"ord": 1, "page_from": 1, "page_to": 2, "page_offsets": [0, 34], "heading_path": ["Hours"], "context": "Handbook\nHours", "text": "The library 😀 opens at nine. Fees can be paid at the desk until late.", "tokens": 16},
    {"ord": 2, "page_from": 3, "page_to": 3, "page_offsets": [0], "heading_path": ["Parts"], "context": "Handbook\nParts", "text": "Valve AB-1234/5 is sealed with gasket LGHP-2; the deposit is 4,000 crowns under § 12.", "tokens": 20},
    {"ord": 3, "page_from": 3, "page_to": 3, "page_offsets": [0], "heading_path": ["Parts"], "context": "Handbook\nParts", "text": "Valve AB-1235/5 needs no gasket. The quorum is a third of the members.", "tokens": 16},
    {"ord": 4, "page_from": 4, "page_to": 4, "page_offsets": [0], "heading_path": ["Quotation"], "context": "Handbook\nQuotation", "text": "To be or not to be, that is the question of our reading circle.", "tokens": 16},
    {"ord": 5, "page_from": 5, "page_to": 5, "page_offsets": [0], "heading_path": ["Moorings"], "context": "Handbook", "text": "## Moorings\n\nThe quay has twelve.", "tokens": 8},
    {"ord": 6, "page_from": 5, "page_to": 5, "page_offsets": [0], "heading_path": ["Tides"], "context": "Handbook", "text": "## Tides\n\nSpring tides raise the moorings.", "tokens": 8}
  ]') j;
update upload_pipeline.documents set language = 'en';
grant select on ada, given to public;
select tests.act_as(user_id) from ada;

create function pg_temp.asked(p_question text) returns int[]
language sql as $$
  select array(select chunk_ord from upload_pipeline.search_chunks(query_text => p_question, mode => 'text') order by score desc, chunk_id)
$$;
create function pg_temp.notices(p_question text) returns jsonb
language sql as $$ select pipeline_search.search(query_text => p_question, mode => 'text') -> 'notices' $$;
create function pg_temp.marked(p_question text, p_ord int) returns text[]
language sql as $$
  -- Highlights count the 😀 as two.
  select array(
    select replace(substr(replace(content, '😀', '😀' || chr(1)), (h ->> 'start')::int + 1, (h ->> 'end')::int - (h ->> 'start')::int), chr(1), '')
    from jsonb_array_elements(highlights) h)
  from upload_pipeline.search_chunks(query_text => p_question, mode => 'text') where chunk_ord = p_ord
$$;

-- Pairs of characters overlap.
select is(
  pipeline_search.highlights('冬の閉館時間', array[2, 3, 4], array[4, 5, 6]), '[{"start": 2, "end": 6}]'::jsonb,
  'places that overlap are one');

-- Phrases and exclusions.
select is(pg_temp.asked('"late fees"'), array[0], 'words in quotes are next to each other');
select is(pg_temp.asked('“late fees”'), array[0], 'in whatever quotes');
select is(pg_temp.asked('"fees late"'), '{}', 'in their order');
select is(pg_temp.asked('"late fee" opens'), array[0], 'and are required');
select is(pg_temp.asked('"to be or not to be"'), array[4], 'words that say nothing are compared as they are');
select is(pg_temp.asked('fees -desk'), array[0], 'a minus excludes a word');
select is(pg_temp.asked('valve -"no gasket"'), array[2], 'or a phrase');
select is(pg_temp.asked('valve -gaskets'), '{}', 'in whatever form');
select is(pg_temp.asked('-valve'), '{}', 'what only excludes finds nothing by words');
select ok(0 = any (pg_temp.asked('a "unbalanced membership')), 'half a quote is a letter like others');
select is(
  array(select chunk_ord from upload_pipeline.search_chunks(tests.axis(3)::extensions.vector(1536), 'valve -gasket', 10) order by 1), array[0, 1, 4, 5, 6],
  'by meaning too nothing is found that is excluded');
select is(
  array(select chunk_ord from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), '"no gasket"', 10, mode => 'vector')), array[3],
  'nor what lacks the phrase');

-- Codes and numbers.
select is((pg_temp.asked(q))[1], 2, q) from unnest(array['AB-1234/5', 'ab-1234/5', 'AB 1234', 'LGHP-2', 'lghp', '4,000', '4000', '§ 12', 'valve AB-1234/5?']) q;
select ok(
  (select max(score) filter (where chunk_ord = 2) > 2 * coalesce(max(score) filter (where chunk_ord = 3), 0)
   from upload_pipeline.search_chunks(query_text => 'AB-1234/5', mode => 'text')), 'another code is no match');

-- Beginnings and mistakes.
select is(pg_temp.asked('membersh'), array[0], 'the last word may not be typed to its end');
select is((pg_temp.asked(q))[1], 3, 'spelt ' || q) from unnest(array['qourum', 'quoum', 'quorrum', 'quorun', 'uquorum']) q;
select is(
  pg_temp.notices('qourum'), '[{"code": "SPELLING_CORRECTED", "word": "qourum", "taken_for": "quorum", "message": "No chunk contains \"qourum\"; \"quorum\" was searched instead."}]',
  'a correction is told');
select is(pg_temp.notices('quorum'), '[]', 'and nothing where there is none');
select is(pg_temp.asked('zebra'), '{}', 'a word that is like none finds nothing');
select cmp_ok(
  (select score from upload_pipeline.search_chunks(query_text => 'qourum', mode => 'text')), '<',
  (select score from upload_pipeline.search_chunks(query_text => 'quorum', mode => 'text')), 'and counts for less than the word itself');

-- What says nothing.
select is(pg_temp.notices('to be or not to be') -> 0 ->> 'code', 'COMMON_WORDS_ONLY', 'a question of such words alone is told so');
select is(pg_temp.asked('to be or not to be'), array[4], 'and its text is found');
select is(pg_temp.asked('?!'), '{}', 'punctuation finds nothing');
select is((pg_temp.asked('What is the quorum of the members?'))[1], 3, 'such words do not count where others do');

-- Weights.
select cmp_ok(
  (select score from upload_pipeline.search_chunks(query_text => 'quorum', mode => 'text')), '>', 0.8::double precision, 'an exact hit has a high score');
select is(
  (select array_agg(chunk_ord order by chunk_ord) from upload_pipeline.search_chunks(query_text => 'parts', mode => 'text') c), array[2, 3],
  'headings are found with what stands under them');
select is(pg_temp.asked('moorings'), array[5, 6], 'a heading in the text counts for more than what stands under it');
select cmp_ok(
  (select score from upload_pipeline.search_chunks(query_text => 'valve quorum', mode => 'text') where chunk_ord = 2), '<', 0.5::double precision,
  'what has only the commoner of two words has the lesser part of the score');

-- Highlights and pages.
select is(pg_temp.marked('late fees', 0), array['Late', 'fees'], 'words are marked, in whatever form');
select is(pg_temp.marked('paid at the desk', 1), array['paid', 'desk'], 'counted in UTF-16');
select is(pg_temp.marked('AB-1234/5', 2), array['AB-1234/5'], 'a code is one mark');
select is(
  (select page from upload_pipeline.search_chunks(query_text => 'paid at the desk', mode => 'text') where chunk_ord = 1), 2, 'the page is that of the marks');

select * from finish();
rollback;
