begin;
select plan(6);

create temporary table given as select j.* from tests.complete_document(tests.create_user(), 'given') j;
update upload_pipeline.upload_jobs set ocr = true where job_id = (select job_id from given);
update upload_pipeline.documents
set page_count = 9,
  warnings = '[{"code": "PAGES_UNREAD", "message": "", "pages": [2]}, {"code": "PAGES_EMPTY", "message": "", "pages": '
    '[3]}]'
where document_id = (select document_id from given);

select results_eq(
  'select outcome, r.status, pages from given, pipeline_internal.reparse_document(user_id, document_id, null, true, '
  'null) r',
  $$values ('accepted', 'uploaded', array[2])$$, 'refuses pages on which OCR found no text');
select is((tests.job(job_id)).ocr, true, 'parses with OCR again') from given;
select is(
  (select details ->> 'ocr' from pipeline_internal.audit_log where action = 'reparse'), 'true',
    'records OCR in the audit entry');
select results_eq(
  'select outcome, r.status from given, pipeline_internal.reparse_document(user_id, document_id, null, true, null) r',
  $$values ('busy', 'uploaded')$$, 'returns the status when it refuses');

create temporary table other as select j.* from tests.complete_document(tests.create_user('ben'), 'other') j;
update upload_pipeline.upload_jobs set ocr = true where job_id = (select job_id from other);
select is(
  (select outcome from other, pipeline_internal.reparse_document(user_id, document_id, null, false, false)), 'accepted',
    'parses without OCR');
select is((tests.job(job_id)).ocr, false, 'when the request says so') from other;

select * from finish();
rollback;
