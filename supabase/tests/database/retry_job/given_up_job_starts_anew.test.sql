begin;
select plan(4);

create temporary table failed as select * from tests.job_at('embed');
select tests.reject(tests.claim('embed', job_id), 'X', 'it failed') from failed;
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'retried', 'the owner tries again') from failed;
select results_eq(
  'select state, status, stage from tests.job((select job_id from failed))',
  $$values ('queued', 'embedding_queued', 'embed')$$, 'at the stage that failed');
select is(tests.message_count((select job_id from failed)), 1::bigint, 'with one message');
select is((pipeline_internal.retry_job(user_id, job_id)).outcome, 'not_retryable', 'and not twice') from failed;

select * from finish();
rollback;
