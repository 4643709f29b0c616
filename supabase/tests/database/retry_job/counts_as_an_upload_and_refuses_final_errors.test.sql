begin;
select plan(17);

create temporary table ada as select tests.create_user() as user_id;
create temporary table failed as select j.* from ada, tests.job_at('fetch_result', user_id, 'failed') j;
select tests.reject(tests.reclaim('fetch_result', job_id), 'TOO_MANY_PAGES', 'it has 300 pages') from failed;
create temporary table before as select tests.snapshot(job_id) as picture from failed;

create function pg_temp.used(p_what text) returns int language sql as $$
  select used_count from pipeline_internal.rate_limits, ada where key = p_what || ':' || user_id
$$;
create function pg_temp.fail(p_code text) returns void language sql as $$
  update upload_pipeline.upload_jobs set last_error = last_error || jsonb_build_object('code', p_code)
  where job_id = (select job_id from failed)
$$;

select results_eq(
  'select outcome, reason ->> ''code'', reason ->> ''message'' from failed, pipeline_internal.retry_job(user_id, '
  'job_id, ''req'')',
  $$values ('refused', 'TOO_MANY_PAGES', 'it has 300 pages')$$, 'refuses an error of class document');
select results_eq(
  $$select outcome, reason ->> 'code' from failed, pipeline_internal.register_upload(
      user_id, 'failed.pdf', 'application/pdf', 1000, encode(extensions.digest('failed', 'sha256'), 'hex'), true,
        'req')$$,
  $$values ('refused', 'TOO_MANY_PAGES')$$, 'refuses the registration of the same bytes');
select results_eq(
  'select outcome, reason ->> ''code'' from failed, pipeline_internal.reparse_document(user_id, document_id, null, '
  'false, true)',
  $$values ('refused', 'TOO_MANY_PAGES')$$, 'refuses a reparse');
select is(tests.snapshot(job_id), picture, 'changes nothing') from failed, before;
select is(pg_temp.used('uploads'), 1, 'counts nothing');
select is(
  (select array_agg(code order by code) from unnest(array[
     'ARCHIVE_IS_BROKEN', 'DOCUMENT_TOO_LARGE', 'EMPTY_DOCUMENT', 'MALWARE_FOUND', 'NOT_A_PDF', 'NO_DATA_FOUND_IN_FILE',
     'PDF_IS_BROKEN', 'PDF_IS_PROTECTED', 'SHA256_MISMATCH', 'SIZE_MISMATCH', 'TEXT_TOO_LONG', 'TEXT_UNREADABLE',
       'TOO_MANY_PAGES',
     'TYPE_MISMATCH', 'UNPACKS_TOO_LARGE', 'UNSUPPORTED_FILE_TYPE', 'LLAMAPARSE_FAILED', 'PARSE_TIMEOUT',
       'PARSE_CANCELLED',
     'NO_PAGE_READ', 'ATTEMPTS_EXHAUSTED', 'WORKER_KILLED', 'FILE_MISSING', 'INTERNAL_ERROR', 'MIGRATED']) code
   cross join lateral (select pg_temp.fail(code)) made
   where not pipeline_internal.is_final(tests.job((select job_id from failed)))),
  array['ATTEMPTS_EXHAUSTED', 'FILE_MISSING', 'INTERNAL_ERROR', 'LLAMAPARSE_FAILED', 'MIGRATED', 'NO_PAGE_READ',
    'PARSE_CANCELLED',
        'PARSE_TIMEOUT', 'WORKER_KILLED'], 'accepts an error of class pipeline');

select pg_temp.fail('EMPTY_DOCUMENT');
select is(pipeline_internal.is_final(tests.job(job_id)), true, 'refuses a scan without OCR') from failed;
select is(pipeline_internal.is_final(tests.job(job_id), p_ocr => true), false, 'accepts a scan with OCR') from failed;
select pg_temp.fail('SHA256_MISMATCH');
select is(pipeline_internal.is_final(tests.job(job_id)), true, 'refuses other bytes than registered') from failed;
select is(pipeline_internal.is_final(tests.job(job_id), p_has_bytes => true), false,
  'accepts other bytes when they are sent again') from failed;

select pg_temp.fail('LLAMAPARSE_FAILED');
update pipeline_internal.limits set uploads_per_user_per_day = 2;
select is((pipeline_internal.retry_job(user_id, job_id, 'req')).outcome, 'retried', 'accepts an error that may pass')
  from failed;
select is(pg_temp.used('uploads'), 2, 'counts as an upload');
select tests.reject(tests.claim('parse', job_id), 'LLAMAPARSE_FAILED', 'again') from failed;
select results_eq(
  'select outcome, limit_name, limit_value, retry_after_seconds > 0 from failed, pipeline_internal.retry_job(user_id, '
  'job_id, ''req'')',
  $$values ('daily_limit', 'uploads_per_user_per_day', 2::bigint, true)$$, 'refuses when the daily limit is reached');
select is((tests.job(job_id)).state, 'deadletter', 'leaves the job in the dead letter') from failed;
update pipeline_internal.limits set uploads_per_user_per_day = 30, monthly_budget_cents_per_user = 0;
select results_eq(
  'select outcome, limit_value from failed, pipeline_internal.retry_job(user_id, job_id, ''req'')',
  $$values ('user_budget_spent', 0::bigint)$$, 'refuses when the budget is exceeded');
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'accepts an operator''s retry')
  from failed;
select is(pg_temp.used('uploads'), 2, 'does not count an operator''s retry');

select * from finish();
rollback;
