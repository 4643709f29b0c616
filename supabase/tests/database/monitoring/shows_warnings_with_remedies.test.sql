begin;
select plan(5);

create temporary table given as select j.* from tests.complete_document(tests.create_user(), 'given') j;
update upload_pipeline.documents
set page_count = 12,
    warnings = '[{"code": "PAGES_CUT", "message": "page 4 was cut", "pages": [4]},
      {"code": "PAGES_EMPTY", "message": "no text on page 3", "pages": [3]},
                 {"code": "PAGES_UNREAD", "message": "failed on pages 2 and 10", "pages": [10, 2]}]'
where document_id = (select document_id from given);
create temporary table warned as select w.* from given join pipeline_monitoring.document_warnings w using (document_id);

select results_eq(
  'select code, filename, status, page_count, pages, message from warned order by code',
  $$values ('PAGES_CUT', 'given.pdf', 'complete', 12, array[4], 'page 4 was cut'),
           ('PAGES_EMPTY', 'given.pdf', 'complete', 12, array[3], 'no text on page 3'),
           ('PAGES_UNREAD', 'given.pdf', 'complete', 12, array[2, 10], 'failed on pages 2 and 10')$$,
  'shows a row per warning');
select is(
  (select sentence from warned where code = 'PAGES_CUT'),
  'given.pdf is complete with a warning: page 4 was cut (PAGES_CUT). Its owner can mend it: upload the document again '
  'with less text on these pages.',
  'shows a warning as a sentence');
select is(
  (select array_agg(substring(remedy from 'select .*\)(?=\))') order by code) from warned where code <> 'PAGES_CUT'),
  (select array_agg(format('select * from pipeline_internal.reparse_document(%L, %L, null, true, %s)', user_id,
    document_id, with_ocr))
   from given, unnest(array['true', 'null']) with_ocr),
  'shows the remedy''s statement');

create function pg_temp.remedy() returns text
language sql as $$
  select remedy from given join pipeline_monitoring.document_warnings using (document_id) where code = 'PAGES_EMPTY'
$$;
do $$ begin execute substring(pg_temp.remedy() from 'select .*\)(?=\))'); end $$;
select is((tests.job(job_id)).pages_to_read, array[2, 3, 10], 'runs the remedy''s statement') from given;
select is(pg_temp.remedy(), 'nothing until the document is complete again',
  'shows no statement while the document is being processed');

select * from finish();
rollback;
