begin;
select plan(10);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.complete_document(user_id, 'given') j;
create temporary table other as select j.* from ada, tests.job_at('chunk', user_id, 'other') j;
create temporary table other_before as select tests.snapshot(job_id) as picture from other;
select tests.set_claims(user_id) from ada;
create function pg_temp.found() returns setof text
language sql as $$ select content from upload_pipeline.search_chunks(null, 'crowns nine', mode => 'text')
  order by chunk_ord $$;

select is(pipeline_internal.rechunk(document_id), false, 'refuses a document that is not complete') from other;
select is(tests.snapshot(job_id), picture, 'leaves it unchanged') from other, other_before;
select is(pipeline_internal.rechunk('00000000-0000-4000-8000-000000000000'), false,
  'refuses a document that does not exist');

select is(pipeline_internal.rechunk(document_id), true, 'accepts a complete document') from given;
select results_eq(
  'select stage, status, state, finished_at from tests.job((select job_id from given))',
  $$values ('chunk', 'parse_validated', 'queued', null::timestamptz)$$, 'makes the document active');
select is(pipeline_internal.rechunk(document_id), false, 'refuses a second re-chunk at the same time') from given;
select is(tests.message_count(job_id), 1::bigint, 'sends one message') from given;

-- The same texts, chunked by the next version: nothing is to be embedded.
select tests.finish_chunk(tests.reclaim('chunk', job_id), 'markdown-simple', '2', tests.two_chunks()) from given;
select is_empty('select u.* from given, pipeline_internal.unembedded_chunks(document_id, 10) u',
  'keeps the vectors of unchanged texts');
select results_eq(
  'select pg_temp.found()', $$values ('Membership costs ten crowns a year.'), ('The library opens at nine.')$$,
  'finds each passage once while two versions exist');
select tests.finish_embed(tests.claim('embed', job_id)) from given;
select results_eq(
  'select pg_temp.found()', $$values ('Membership costs ten crowns a year.'), ('The library opens at nine.')$$,
    'finds each passage once after the switch');

select * from finish();
rollback;
