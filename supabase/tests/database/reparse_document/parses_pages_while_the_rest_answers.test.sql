begin;
select plan(13);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.complete_document(user_id, 'given') j;
update upload_pipeline.documents
set page_count = 9,
  warnings = '[{"code": "PAGES_UNREAD", "message": "", "pages": [2, 5]}, {"code": "PAGES_EMPTY", "message": "", '
    '"pages": [3]}]'
where document_id = (select document_id from given);
select tests.set_claims(user_id) from ada;
create function pg_temp.found() returns setof text
language sql as $$ select content from upload_pipeline.search_chunks(null, 'crowns', mode => 'text') $$;

create temporary table answer as
  select r.* from given, pipeline_internal.reparse_document(user_id, document_id, null, true, false, 'req-again',
    '192.0.2.0/24') r;
select results_eq(
  'select outcome, pages, page_count, job_id from answer', $$select 'accepted', array[2, 5], 9, job_id from given$$,
  'accepts the pages that the parser failed on');
select results_eq(
  'select stage, status, state, pages_to_read, is_page_reparse, finished_at from tests.job((select job_id from given))',
  $$values ('parse', 'uploaded', 'queued', array[2, 5], false, null::timestamptz)$$, 'makes the document active');
select results_eq('select pg_temp.found()', array['Membership costs ten crowns a year.'], 'answers searches meanwhile');
select results_eq(
  $$select used_count from pipeline_internal.rate_limits where key = 'uploads:' || (select user_id from ada)$$,
    array[2],
  'counts as an upload of the day');
select results_eq(
  $$select action, actor, subject_id, request_id, details from pipeline_internal.audit_log where action = 'reparse'$$,
  $$select 'reparse', 'user', document_id, 'req-again', '{"pages": [2, 5], "ocr": false}'::jsonb
    from given$$, 'writes an audit entry');

create temporary table lease as select tests.claim('parse', job_id) as lease from given;
create temporary table submission as select b.* from lease, pipeline_internal.begin_submission(lease) b;
select results_eq('select pages, ocr from submission', $$values (array[2, 5], false)$$, 'submits these pages');
select tests.finish_parse(lease, submission_id, 'provider-again') from lease, submission;
select results_eq(
  'select c.pages, c.warnings from given, pipeline_internal.current_submission(job_id) c',
  'select array[2, 5], d.warnings from given join upload_pipeline.documents d using (document_id)',
  'returns the earlier warnings with the submission');

-- The parser fails on them.
select is(
  tests.reject(tests.reclaim('fetch_result', job_id), 'PDF_IS_BROKEN', 'no page can be read'), true,
    'settles the failure') from given;
select results_eq(
  $$select status, state, last_error ->> 'code', last_error ->> 'message' from tests.job((select job_id from given))$$,
  $$values ('complete', 'done', 'PDF_IS_BROKEN', 'no page can be read')$$,
    'keeps the document complete, with the reason');
select is(tests.message_count(job_id), 0::bigint, 'deletes the message') from given;
select results_eq(
  'select jsonb_array_length(warnings) from upload_pipeline.documents where document_id = (select document_id from '
  'given)', array[2],
  'keeps the warnings');
select results_eq('select pg_temp.found()', array['Membership costs ten crowns a year.'], 'answers searches');
select results_eq(
  $$select outcome, pages from given, pipeline_internal.reparse_document(user_id, document_id, null, true, true)$$,
  $$values ('accepted', array[2, 3, 5])$$, 'accepts pages without text when OCR is requested');

select * from finish();
rollback;
