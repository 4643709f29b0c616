begin;
select plan(45);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table given as
  select j.* from ada, tests.complete_document(user_id, 'manual', '[
    {"ord": 0, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Fees"], "context": "Handbook\nFees",
      "text": "Membership costs ten crowns a year. Late fees are charged by the week.", "tokens": 14},
    {"ord": 1, "page_from": 1, "page_to": 2, "page_offsets": [0, 34], "heading_path": ["Hours"],
      "context": "Handbook\nHours", "text": "The library 😀 opens at nine. Fees can be paid at the desk until late.",
        "tokens": 16},
    {"ord": 2, "page_from": 3, "page_to": 3, "page_offsets": [0], "heading_path": ["Parts"],
      "context": "Handbook\nParts",
        "text": "Valve AB-1234/5 is sealed with gasket LGHP-2; the deposit is 4,000 crowns under § 12.", "tokens": 20},
    {"ord": 3, "page_from": 3, "page_to": 3, "page_offsets": [0], "heading_path": ["Parts"],
      "context": "Handbook\nParts", "text": "Valve AB-1235/5 needs no gasket. The quorum is a third of the members.",
        "tokens": 16},
    {"ord": 4, "page_from": 4, "page_to": 4, "page_offsets": [0], "heading_path": ["Quotation"],
      "context": "Handbook\nQuotation", "text": "To be or not to be, that is the question of our reading circle.",
        "tokens": 16},
    {"ord": 5, "page_from": 5, "page_to": 5, "page_offsets": [0], "heading_path": ["Moorings"], "context": "Handbook",
      "text": "## Moorings\n\nThe quay has twelve.", "tokens": 8},
    {"ord": 6, "page_from": 5, "page_to": 5, "page_offsets": [0], "heading_path": ["Tides"], "context": "Handbook",
      "text": "## Tides\n\nSpring tides raise the moorings.", "tokens": 8}
  ]') j;
update upload_pipeline.documents set language = 'en';
grant select on ada, given to public;
select tests.act_as(user_id) from ada;

create function pg_temp.asked(p_question text) returns int[]
language sql as $$
  select array(select chunk_ord from upload_pipeline.search_chunks(query_text => p_question, mode => 'text')
    order by score desc, chunk_id)
$$;
create function pg_temp.notices(p_question text) returns jsonb
language sql as $$ select pipeline_search.search(query_text => p_question, mode => 'text') -> 'notices' $$;
create function pg_temp.marked(p_question text, p_ord int) returns text[]
language sql as $$
  -- Highlights count the 😀 as two.
  select array(
    select replace(substr(replace(content, '😀', '😀' || chr(1)), (h ->> 'start')::int + 1,
      (h ->> 'end')::int - (h ->> 'start')::int), chr(1), '')
    from jsonb_array_elements(highlights) h)
  from upload_pipeline.search_chunks(query_text => p_question, mode => 'text') where chunk_ord = p_ord
$$;

-- Bigrams overlap.
select is(
  pipeline_search.highlights('冬の閉館時間', array[2, 3, 4], array[4, 5, 6]), '[{"start": 2, "end": 6}]'::jsonb,
  'merges overlapping highlights');

-- Phrases and exclusions.
select is(pg_temp.asked('"late fees"'), array[0], 'finds a phrase in quotes');
select is(pg_temp.asked('“late fees”'), array[0], 'finds a phrase in other quotes');
select is(pg_temp.asked('"fees late"'), '{}', 'requires the order of a phrase');
select is(pg_temp.asked('"late fee" opens'), array[0], 'requires the phrase');
select is(pg_temp.asked('"to be or not to be"'), array[4], 'compares stop words of a phrase literally');
select is(pg_temp.asked('fees -desk'), array[0], 'excludes a word with a minus');
select is(pg_temp.asked('valve -"no gasket"'), array[2], 'excludes a phrase');
select is(pg_temp.asked('valve -gaskets'), '{}', 'excludes every form of a word');
select is(pg_temp.asked('-valve'), '{}', 'finds nothing when the question only excludes');
select ok(0 = any (pg_temp.asked('a "unbalanced membership')), 'treats a single quote as a letter');
select is(
  array(select chunk_ord from upload_pipeline.search_chunks(tests.axis(3)::extensions.vector(1536), 'valve -gasket', 10)
    order by 1), array[0, 1, 4, 5, 6],
  'applies exclusions to the vector search');
select is(
  array(select chunk_ord from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), '"no gasket"', 10,
    mode => 'vector')), array[3],
  'applies phrases to the vector search');

-- Codes and numbers.
select is((pg_temp.asked(q))[1], 2, q)
  from unnest(array['AB-1234/5', 'ab-1234/5', 'AB 1234', 'LGHP-2', 'lghp', '4,000', '4000', '§ 12',
    'valve AB-1234/5?']) q;
select ok(
  (select max(score) filter (where chunk_ord = 2) > 2 * coalesce(max(score) filter (where chunk_ord = 3), 0)
   from upload_pipeline.search_chunks(query_text => 'AB-1234/5', mode => 'text')), 'does not match another code');

-- Prefixes and mistakes.
select is(pg_temp.asked('membersh'), array[0], 'completes the last word');
select is((pg_temp.asked(q))[1], 3, 'spelt ' || q)
  from unnest(array['qourum', 'quoum', 'quorrum', 'quorun', 'uquorum']) q;
select is(
  pg_temp.notices('qourum'),
    '[{"code": "SPELLING_CORRECTED", "word": "qourum", "taken_for": "quorum", "message": "No chunk contains '
    '\"qourum\"; \"quorum\" was searched instead."}]',
  'reports a spelling correction');
select is(pg_temp.notices('quorum'), '[]', 'reports no correction when there is none');
select is(pg_temp.asked('zebra'), '{}', 'finds nothing without a similar word');
select cmp_ok(
  (select score from upload_pipeline.search_chunks(query_text => 'qourum', mode => 'text')), '<',
  (select score from upload_pipeline.search_chunks(query_text => 'quorum', mode => 'text')),
    'ranks a corrected word below the word itself');

-- Stop words.
select is(pg_temp.notices('to be or not to be') -> 0 ->> 'code', 'COMMON_WORDS_ONLY',
  'reports a question of stop words only');
select is(pg_temp.asked('to be or not to be'), array[4], 'finds its literal text');
select is(pg_temp.asked('?!'), '{}', 'finds nothing for punctuation');
select is((pg_temp.asked('What is the quorum of the members?'))[1], 3, 'ignores stop words beside other words');

-- Weights.
select cmp_ok(
  (select score from upload_pipeline.search_chunks(query_text => 'quorum', mode => 'text')), '>', 0.8::double precision,
    'gives an exact match a high score');
select is(
  (select array_agg(chunk_ord order by chunk_ord)
    from upload_pipeline.search_chunks(query_text => 'parts', mode => 'text') c), array[2, 3],
  'finds headings with the text below them');
select is(pg_temp.asked('moorings'), array[5, 6], 'ranks a heading in the text above its body');
select cmp_ok(
  (select score from upload_pipeline.search_chunks(query_text => 'valve quorum', mode => 'text') where chunk_ord = 2),
    '<', 0.5::double precision,
  'gives the commoner of two words the smaller share');

-- Highlights and pages.
select is(pg_temp.marked('late fees', 0), array['Late', 'fees'], 'highlights every form of a word');
select is(pg_temp.marked('paid at the desk', 1), array['paid', 'desk'], 'counts highlights in UTF-16 units');
select is(pg_temp.marked('AB-1234/5', 2), array['AB-1234/5'], 'highlights a code as one');
select is(
  (select page from upload_pipeline.search_chunks(query_text => 'paid at the desk', mode => 'text')
    where chunk_ord = 1), 2, 'returns the page of the highlights');

select * from finish();
rollback;
