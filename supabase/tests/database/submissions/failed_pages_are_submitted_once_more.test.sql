-- The parser read a document except for two pages: the text is kept, and the two pages are submitted again, in the same
-- user slot.
begin;
select plan(12);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('fetch_result', user_id, 'given') j;
create temporary table waiting as select tests.upload(user_id, 'next') as job_id from ada;

select is(
  tests.settle(tests.reclaim('fetch_result', job_id),
    jsonb_build_object('outcome', 'reparse_pages', 'output', jsonb_build_object(
    'parsed_path', 'first.md', 'parsed_sha256', repeat('a', 64), 'page_starts', array[0, 5, 5, 9], 'pages_to_reparse',
      array[2, 4]))),
  true, 'settles a result with two failed pages of four') from given;
select results_eq(
  'select stage, status, state, attempt_count, retry_count, pages_to_read, is_page_reparse from tests.job((select '
  'job_id from given))',
  $$values ('parse', 'uploaded', 'queued', 0, 0, array[2, 4], true)$$,
    'returns the document to parse without a failure');
select is(tests.message_count(job_id), 1::bigint, 'sends one message') from given;
select is(tests.message_count(job_id), 0::bigint, 'keeps the user slot') from waiting;
select results_eq(
  'select parsed_path, page_count, warnings from upload_pipeline.documents where document_id = (select document_id '
  'from given)',
  $$values ('first.md', 4, '[]'::jsonb)$$, 'keeps the text without a warning');
select is_empty(
  $$select from upload_pipeline.events join given using (job_id) where type in ('retry', 'warning', 'failure')$$,
  'records no error');

create temporary table lease as select tests.claim('parse', job_id) as lease from given;
create temporary table second as select b.* from lease, pipeline_internal.begin_submission(lease) b;
select results_eq('select pages, ocr, is_new from second', $$values (array[2, 4], false, true)$$,
  'submits the two pages');
select tests.finish_parse(lease, submission_id, 'provider-2') from lease, second;
select results_eq(
  'select c.pages, c.is_page_reparse, c.warnings from given, pipeline_internal.current_submission(job_id) c',
  $$values (array[2, 4], true, '[]'::jsonb)$$, 'returns the earlier warnings with the submission');

select is(
  tests.settle(tests.reclaim('fetch_result', job_id),
    jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'parsed_path', 'second.md', 'parsed_sha256', repeat('b', 64), 'page_starts', array[0, 5, 7, 9],
    'warnings', '[{"code": "PAGES_UNREAD", "message": "not page 4", "pages": [4]}]'::jsonb))),
  true, 'stores the text with one more page') from given;
select results_eq(
  $$select path from pipeline_internal.file_cleanups where path in ('first.md', 'second.md')$$, array['first.md'],
  'queues the removal of the first text');
select results_eq(
  'select warnings from upload_pipeline.document_status where job_id = (select job_id from given)',
  $$values ('[{"code": "PAGES_UNREAD", "message": "not page 4", "pages": [4]}]'::jsonb)$$,
    'records a warning for the other page');
select results_eq(
  $$select code, message from upload_pipeline.events join given using (job_id) where type = 'warning'$$,
  $$values ('PAGES_UNREAD', 'not page 4')$$, 'records an event');

select * from finish();
rollback;
