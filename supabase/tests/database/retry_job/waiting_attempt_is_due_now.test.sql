begin;
select plan(7);

create temporary table failing as select * from tests.job_at('chunk');
select tests.retry(tests.claim('chunk', job_id), 'X', 'it failed', 300) from failing;
select is((tests.job(job_id)).state, 'retryable', 'the job waits for its next attempt') from failing;
create temporary table called as select tests.calls('chunk') as before;

select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'its owner will not wait') from failing;
select results_eq(
  'select state, status, next_attempt_at, waiting_for, retry_count, last_error ->> ''code'' from tests.job((select job_id from failing))',
  $$values ('queued', 'chunking', null::timestamptz, null::text, 1, 'X')$$,
  'it is queued; what went wrong before is still told');
select cmp_ok(tests.calls('chunk'), '>=', (select before from called), 'a worker is called unless enough are');
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'not_retryable', 'once is enough') from failing;
select isnt((tests.claim('chunk', job_id)).msg_id, null, 'a worker gets it') from failing;
select is(tests.message_count((select job_id from failing)), 1::bigint, 'with the one message that it has');

select * from finish();
rollback;
