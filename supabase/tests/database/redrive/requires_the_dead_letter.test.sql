begin;
select plan(14);

create function pg_temp.check_refusal(p_what text, p_job upload_pipeline.upload_jobs) returns setof text
language plpgsql as $$
declare
  v_before jsonb := tests.snapshot(p_job.job_id);
begin
  return next is(pipeline_internal.redrive(p_job.job_id), false, 'a document ' || p_what || ' is refused');
  return next is(tests.snapshot(p_job.job_id), v_before, 'a document ' || p_what || ' is unchanged');
end $$;

create temporary table ada as select tests.create_user() as user_id;
select pg_temp.check_refusal('that is awaited', tests.register(user_id, 'awaited')) from ada;
select pg_temp.check_refusal('that waits', tests.job_at('parse', user_id, 'waits')) from ada;
select pg_temp.check_refusal('that is complete', tests.complete_document(user_id, 'complete')) from ada;

create temporary table worked as select j.* from ada, tests.job_at('chunk', user_id, 'worked') j;
create temporary table lease as select tests.claim('chunk', job_id) as lease from worked;
select pg_temp.check_refusal('that is worked on', tests.job(job_id)) from worked;
select tests.retry(lease, 'SLOW', 'slow') from lease;
select pg_temp.check_refusal('that will be retried', tests.job(job_id)) from worked;

create temporary table failed as select tests.reclaim('chunk', job_id) as lease, job_id from worked;
select tests.reject(lease, 'BAD', 'bad') from failed;
select is(pipeline_internal.redrive((select job_id from failed)), true, 'accepts a job in the dead letter');
select is(pipeline_internal.redrive((select job_id from failed)), false, 'refuses a second redrive');
select is(tests.message_count((select job_id from failed)), 1::bigint, 'sends one message');
select is(
  pipeline_internal.redrive('00000000-0000-4000-8000-000000000000'), false, 'refuses a job that does not exist');

select * from finish();
rollback;
