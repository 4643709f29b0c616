begin;
select plan(4);

create temporary table failed as select * from tests.job_at('embed');
select tests.reject(tests.claim('embed', job_id), 'X', 'it failed') from failed;
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'retries a job in the dead letter')
  from failed;
select results_eq(
  'select state, status, stage from tests.job((select job_id from failed))',
  $$values ('queued', 'embedding_queued', 'embed')$$, 'restarts the failed stage');
select is(tests.message_count((select job_id from failed)), 1::bigint, 'sends one message');
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'not_retryable', 'refuses a second retry')
  from failed;

select * from finish();
rollback;
