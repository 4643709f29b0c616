begin;
select plan(7);

create temporary table failing as select * from tests.job_at('chunk');
select tests.retry(tests.claim('chunk', job_id), 'X', 'it failed', 300) from failing;
select is((tests.job(job_id)).state, 'retryable', 'waits for its next attempt') from failing;
create temporary table called as select tests.calls('chunk') as before;

select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'retries the job') from failing;
select results_eq(
  'select state, status, next_attempt_at, waiting_for, retry_count, last_error ->> ''code'' from tests.job((select '
  'job_id from failing))',
  $$values ('queued', 'chunking', null::timestamptz, null::text, 1, 'X')$$,
  'queues it and keeps the last error');
select cmp_ok(tests.calls('chunk'), '>=', (select before from called), 'calls a worker unless enough run');
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'not_retryable', 'refuses a second retry')
  from failing;
select isnt((tests.claim('chunk', job_id)).msg_id, null, 'claims the job') from failing;
select is(tests.message_count((select job_id from failing)), 1::bigint, 'keeps one message');

select * from finish();
rollback;
