begin;
select plan(2);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('embed', user_id, 'given') j;
select pipeline_internal.reject(tests.claim('embed', job_id), 'BAD', 'bad') from given;
create temporary table again as select j.* from ada, tests.job_at('chunk', user_id, 'given') j;

select is(
  pipeline_internal.finish_chunk(
    tests.claim('chunk', job_id), 'markdown-simple', '2',
    '[{"ord": 0, "heading_path": [], "text": "Cut differently.", "tokens": 3}]'),
  true, 'a new version of the chunker') from again;
select results_eq(
  'select chunker_version, chunk_ord, text from upload_pipeline.document_chunks where document_id = (select document_id from given)',
  $$values ('2', 0, 'Cut differently.')$$, 'leaves nothing of the old one, so that nothing is found twice');

select * from finish();
rollback;
