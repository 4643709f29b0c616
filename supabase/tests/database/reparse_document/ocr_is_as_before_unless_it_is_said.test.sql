begin;
select plan(6);

create temporary table given as select j.* from tests.complete_document(tests.create_user(), 'given') j;
update upload_pipeline.upload_jobs set ocr = true where job_id = (select job_id from given);
update upload_pipeline.documents
set page_count = 9, warnings = '[{"code": "PAGES_UNREAD", "message": "", "pages": [2]}, {"code": "PAGES_EMPTY", "message": "", "pages": [3]}]'
where document_id = (select document_id from given);

select results_eq(
  'select outcome, r.status, pages from given, pipeline_internal.reparse_document(user_id, document_id, null, true, null) r',
  $$values ('accepted', 'uploaded', array[2])$$, 'what OCR found no text on is not asked for by itself');
select is((tests.job(job_id)).ocr, true, 'and what was read with OCR is read with it again') from given;
select is(
  (select details ->> 'ocr' from pipeline_internal.audit_log where action = 'reparse'), 'true', 'which the act says');
select results_eq(
  'select outcome, r.status from given, pipeline_internal.reparse_document(user_id, document_id, null, true, null) r',
  $$values ('busy', 'uploaded')$$, 'a refusal says where the document is');

create temporary table other as select j.* from tests.complete_document(tests.create_user('ben'), 'other') j;
update upload_pipeline.upload_jobs set ocr = true where job_id = (select job_id from other);
select is(
  (select outcome from other, pipeline_internal.reparse_document(user_id, document_id, null, false, false)), 'accepted', 'unless');
select is((tests.job(job_id)).ocr, false, 'it is said') from other;

select * from finish();
rollback;
