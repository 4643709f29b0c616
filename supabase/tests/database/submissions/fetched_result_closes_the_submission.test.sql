begin;
select plan(5);

create temporary table given as select * from tests.job_at('fetch_result');
select is(
  tests.finish_fetch_result(
    tests.reclaim('fetch_result', (select job_id from given)), 'user/u/parsed/d.md', repeat('c', 64), array[0, 40, 80]),
  true, 'settles the fetched result');
select results_eq(
  'select parsed_path, parsed_sha256, page_count, page_starts from upload_pipeline.documents where document_id = '
  '(select document_id from given)',
  $$values ('user/u/parsed/d.md', repeat('c', 64), 3, array[0, 40, 80])$$, 'stores the path and the page starts');
select results_eq(
  'select status, stage, state from tests.job((select job_id from given))',
  $$values ('parse_validated', 'chunk', 'queued')$$, 'moves the document to chunk');
select results_eq(
  'select outcome, finished_at is not null from pipeline_internal.submissions where job_id = (select job_id from '
  'given)',
  $$values ('collected', true)$$, 'closes the submission');
select is_empty(
  'select * from pipeline_internal.current_submission((select job_id from given))', 'returns no current submission');

select * from finish();
rollback;
