begin;
select plan(5);

create temporary table given as select * from tests.job_at('fetch_result');
select is(
  tests.finish_fetch_result(
    tests.reclaim('fetch_result', (select job_id from given)), 'user/u/parsed/d.md', repeat('c', 64), array[0, 40, 80]),
  true, 'the Markdown is stored');
select results_eq(
  'select parsed_path, parsed_sha256, page_count, page_starts from upload_pipeline.documents where document_id = (select document_id from given)',
  $$values ('user/u/parsed/d.md', repeat('c', 64), 3, array[0, 40, 80])$$, 'the document says where, and where its pages begin');
select results_eq(
  'select status, stage, state from tests.job((select job_id from given))',
  $$values ('parse_validated', 'chunk', 'queued')$$, 'it waits to be cut');
select results_eq(
  'select outcome, finished_at is not null from pipeline_internal.submissions where job_id = (select job_id from given)',
  $$values ('collected', true)$$, 'the submission is closed');
select is_empty(
  'select * from pipeline_internal.current_submission((select job_id from given))', 'so that nobody asks for it again');

select * from finish();
rollback;
