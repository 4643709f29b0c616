-- The parser read a document but for two pages: what it read is kept, and the two are asked for again, in the same place in work.
begin;
select plan(12);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('fetch_result', user_id, 'given') j;
create temporary table waiting as select tests.upload(user_id, 'next') as job_id from ada;

select is(
  tests.settle(tests.reclaim('fetch_result', job_id), jsonb_build_object('outcome', 'reparse_pages', 'output', jsonb_build_object(
    'parsed_path', 'first.md', 'parsed_sha256', repeat('a', 64), 'page_starts', array[0, 5, 5, 9], 'pages_to_reparse', array[2, 4]))),
  true, 'the parser failed on two pages of four') from given;
select results_eq(
  'select stage, status, state, attempt_count, retry_count, pages_to_read, is_page_reparse from tests.job((select job_id from given))',
  $$values ('parse', 'uploaded', 'queued', 0, 0, array[2, 4], true)$$, 'the document goes back to be submitted, and has not failed');
select is(tests.message_count(job_id), 1::bigint, 'with one message') from given;
select is(tests.message_count(job_id), 0::bigint, 'it keeps its place in work: nobody else is let in') from waiting;
select results_eq(
  'select parsed_path, page_count, warnings from upload_pipeline.documents where document_id = (select document_id from given)',
  $$values ('first.md', 4, '[]'::jsonb)$$, 'what was read is kept, and nobody is told yet');
select is_empty(
  $$select from upload_pipeline.events join given using (job_id) where type in ('retry', 'warning', 'failure')$$,
  'nothing went wrong so far');

create temporary table lease as select tests.claim('parse', job_id) as lease from given;
create temporary table second as select b.* from lease, pipeline_internal.begin_submission(lease) b;
select results_eq('select pages, ocr, is_new from second', $$values (array[2, 4], false, true)$$, 'the second submission is of the two');
select tests.finish_parse(lease, submission_id, 'provider-2') from lease, second;
select results_eq(
  'select c.pages, c.is_page_reparse, c.warnings from given, pipeline_internal.current_submission(job_id) c',
  $$values (array[2, 4], true, '[]'::jsonb)$$, 'and whoever fetches its result knows');

select is(
  tests.settle(tests.reclaim('fetch_result', job_id), jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'parsed_path', 'second.md', 'parsed_sha256', repeat('b', 64), 'page_starts', array[0, 5, 7, 9],
    'warnings', '[{"code": "PAGES_UNREAD", "message": "not page 4", "pages": [4]}]'::jsonb))),
  true, 'one of them is read then') from given;
select results_eq(
  $$select path from pipeline_internal.file_cleanups where path in ('first.md', 'second.md')$$, array['first.md'],
  'the first reading''s file is not needed any more');
select results_eq(
  'select warnings from upload_pipeline.document_status where job_id = (select job_id from given)',
  $$values ('[{"code": "PAGES_UNREAD", "message": "not page 4", "pages": [4]}]'::jsonb)$$, 'of the other its owner is told');
select results_eq(
  $$select code, message from upload_pipeline.events join given using (job_id) where type = 'warning'$$,
  $$values ('PAGES_UNREAD', 'not page 4')$$, 'and the history has it');

select * from finish();
rollback;
