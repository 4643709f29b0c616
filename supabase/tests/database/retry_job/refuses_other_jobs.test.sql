begin;
select plan(12);

create function pg_temp.check_refusal(p_what text, p_job upload_pipeline.upload_jobs, p_user_id uuid, p_outcome text)
returns setof text language plpgsql as $$
declare
  v_before jsonb := tests.snapshot(p_job.job_id);
begin
  return next is((pipeline_internal.retry_job(p_user_id, p_job.job_id)).outcome, p_outcome, p_what || ' is refused');
  return next is(tests.snapshot(p_job.job_id), v_before, p_what || ' is unchanged');
end $$;

create temporary table ada as select tests.create_user() as user_id;
select pg_temp.check_refusal('one that is awaited', tests.register(user_id, 'awaited'), user_id, 'not_retryable')
  from ada;
select pg_temp.check_refusal('one that waits', tests.job_at('parse', user_id, 'waits'), user_id, 'not_retryable')
  from ada;
select pg_temp.check_refusal('a complete one', tests.complete_document(user_id, 'done'), user_id, 'not_retryable')
  from ada;

create temporary table worked as select j.* from ada, tests.job_at('chunk', user_id, 'worked') j;
select tests.claim('chunk', job_id) from worked;
select pg_temp.check_refusal('one at work', tests.job(job_id), user_id, 'not_retryable') from worked;

create temporary table failed as select j.* from ada, tests.job_at('embed', user_id, 'failed') j;
select tests.reject(tests.claim('embed', job_id), 'X', 'it failed') from failed;
select pg_temp.check_refusal('another''s', tests.job(job_id), tests.create_user('ben'), 'unknown') from failed;
select is((pipeline_internal.retry_job(user_id, gen_random_uuid())).outcome, 'unknown',
  'returns unknown for a job that does not exist') from ada;
select is((pipeline_internal.retry_job(null, job_id)).outcome, 'unknown', 'returns unknown without a user') from failed;

select * from finish();
rollback;
