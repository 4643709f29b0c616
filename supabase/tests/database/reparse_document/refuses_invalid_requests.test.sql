begin;
select plan(14);

update pipeline_internal.limits set uploads_per_user_per_day = 4;
create temporary table ada as select tests.create_user() as user_id;
create temporary table other as select tests.create_user('ben') as user_id;
create temporary table given as select j.* from ada, tests.complete_document(user_id, 'given') j;
update upload_pipeline.documents set page_count = 9 where document_id = (select document_id from given);
create temporary table before as select tests.snapshot(job_id) as picture from given;
create function pg_temp.reparse(p_pages int[] default null, p_is_unread boolean default false,
  p_ocr boolean default false)
returns text
language sql as $$
  select outcome from given, pipeline_internal.reparse_document(user_id, document_id, p_pages, p_is_unread, p_ocr)
$$;

select is(
  (select outcome from other, pipeline_internal.reparse_document(user_id, (select document_id from given), null, false,
    false)),
  'unknown', 'returns unknown for another user''s document');
select is(pg_temp.reparse(p_is_unread => true), 'nothing_unread', 'returns nothing_unread when every page was read');
select is(pg_temp.reparse(array[3, 10]), 'no_such_page', 'returns no_such_page for a page beyond the last');
select is(pg_temp.reparse(array[0]), 'no_such_page', 'returns no_such_page for page 0');
select is(tests.snapshot(job_id), picture, 'changes nothing') from given, before;

select is(pg_temp.reparse(array[3, 1, 3]), 'accepted', 'sorts pages and removes repetitions');
select is((tests.job(job_id)).pages_to_read, array[1, 3], 'accepts pages without a warning') from given;
select is(pg_temp.reparse(array[3]), 'busy', 'returns busy for an active document');

-- The parser read no page of it.
create temporary table failed as select j.* from ada, tests.job_at('fetch_result', user_id, 'failed') j;
select tests.reject(tests.reclaim('fetch_result', job_id), 'EMPTY_DOCUMENT', 'no text') from failed;
select results_eq(
  'select outcome, pages from failed, pipeline_internal.reparse_document(user_id, document_id, null, true, true)',
  $$values ('accepted', null::int[])$$, 'parses all pages when the document was never parsed');
select results_eq(
  'select status, ocr, pages_to_read from tests.job((select job_id from failed))',
    $$values ('uploaded', true, null::int[])$$, 'stores the OCR option');

-- That was the fourth: two uploads and two reparses.
create temporary table third as select j.* from other, tests.complete_document(user_id, 'third') j;
update upload_pipeline.documents set page_count = 2 where document_id = (select document_id from third);
update pipeline_internal.limits set uploads_per_user_per_day = 1;
create temporary table third_before as select tests.snapshot(job_id) as picture from third;
select results_eq(
  'select outcome, limit_value, retry_after_seconds between 1 and 86400 from third, '
  'pipeline_internal.reparse_document(user_id, document_id, null, false, false)',
  $$values ('daily_limit', 1::bigint, true)$$, 'applies the daily upload limit');
update pipeline_internal.limits set uploads_per_user_per_day = 30, monthly_budget_cents_per_user = 0;
select results_eq(
  'select outcome, limit_value from third, pipeline_internal.reparse_document(user_id, document_id, null, false, '
  'false)',
  $$values ('user_budget_spent', 0::bigint)$$, 'applies the budget');
select is(tests.snapshot(job_id), picture, 'writes nothing when a limit refuses') from third, third_before;

update upload_pipeline.documents set mime = 'text/markdown' where document_id = (select document_id from third);
select is(
  (select outcome from third, pipeline_internal.reparse_document(user_id, document_id, null, false, true)),
    'not_parsed',
  'returns not_parsed for text');

select * from finish();
rollback;
