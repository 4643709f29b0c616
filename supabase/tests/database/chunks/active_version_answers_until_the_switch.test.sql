-- A new version of the chunker is rolled out document by document: the active version answers until the pending version
-- is complete.
begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.complete_document(user_id, 'given') j;
select is(pipeline_internal.rechunk(document_id), true, 're-chunks a complete document') from given;
select is(
  tests.finish_chunk(
    tests.claim('chunk', job_id), 'markdown-simple', '2',
    '[{"ord": 0, "heading_path": [], "text": "Ten crowns, cut differently.", "tokens": 5}]'),
  true, 'stores the pending version') from given;

select tests.set_claims(user_id) from ada;
create function pg_temp.found() returns setof text
language sql as $$ select content from upload_pipeline.search_chunks(null, 'crowns', mode => 'text') $$;
select results_eq('select pg_temp.found()', array['Membership costs ten crowns a year.'],
  'answers with the active version only');

create temporary table lease as select tests.claim('embed', job_id) as lease from given;
select throws_ok('select tests.finish_embed(lease) from lease', 'P0001', null,
  'refuses the switch while a vector is missing');
select tests.embed(lease, document_id) from lease, given;
select is(tests.finish_embed(lease), true, 'switches when all vectors are stored') from lease;
select results_eq(
  $$select chunker_version, text from upload_pipeline.document_chunks
    where document_id = (select document_id from given)$$,
  $$values ('2', 'Ten crowns, cut differently.')$$, 'removes the old version');

select * from finish();
rollback;
