begin;
select plan(10);

create temporary table ada as select tests.create_user() as user_id;

create temporary table failed as select j.* from ada, tests.job_at('fetch_result', user_id, 'failed') j;
update pipeline_internal.stages set max_attempts = 1 where stage = 'fetch_result';
select tests.retry(tests.reclaim('fetch_result', job_id), 'INTERNAL_ERROR', 'gone') from failed;
create temporary table again as
  select r.* from ada cross join lateral pipeline_internal.register_upload(
    user_id, 'failed.pdf', 'application/pdf', 1000, encode(extensions.digest('failed', 'sha256'), 'hex'), false,
      'again') r;
select results_eq('select outcome, job_id from again', $$select 'resumed', job_id
  from failed$$, 'resumes a failed document');
select results_eq(
  'select status, state, last_error, finished_at, message_id, next_attempt_at from tests.job((select job_id from '
  'failed))',
  $$values ('awaiting_upload', 'queued', null::jsonb, null::timestamptz, null::bigint, null::timestamptz)$$,
  'awaits the upload without the old error');
select is_empty(
  'select * from pipeline_internal.current_submission((select job_id from failed))',
  'closes the earlier submission');
select is(
  (select outcome from pipeline_internal.submissions where job_id = (select job_id from failed)), 'superseded',
    'keeps the earlier submission');
select ok(
  (select count(*) > 0 from upload_pipeline.events where job_id = (select job_id from failed) and type = 'failure'),
  'keeps the events of the failure');
select tests.store_object(document_id) from failed;
select results_eq(
  'select status, attempt_count from tests.job((select job_id from failed))', $$values ('uploaded', 0)$$,
  'starts processing when the old object is replaced');
select is(tests.message_count((select job_id from failed)), 1::bigint, 'sends one message');

create temporary table expired as select j.* from ada, tests.register(user_id, 'expired') j;
update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 day'
  where job_id = (select job_id from expired);
select from pipeline_internal.reconcile();
select is((tests.job((select job_id from expired))).status, 'expired', 'expires an upload');
create temporary table expired_again as select j.* from ada, tests.register(user_id, 'expired') j;
select results_eq(
  'select job_id, status, state, finished_at from expired_again',
  $$select job_id, 'awaiting_upload', 'queued', null::timestamptz from expired$$, 'resumes an expired document');
select tests.store_object(document_id) from expired;
select is((tests.job((select job_id from expired))).status, 'uploaded', 'starts processing when the bytes arrive');

select * from finish();
rollback;
