-- At every stage, a document that kills its workers goes to isolation, and is then rejected with an error of its own.
begin;
select plan(28);

create function pg_temp.kill(p_stage text, p_failed_status text) returns setof text
language plpgsql as $$
declare
  v_job_id uuid := (tests.job_at(p_stage, null, p_stage)).job_id;
  v_job upload_pipeline.upload_jobs;
  v_before timestamptz;
begin
  perform tests.kill_worker_of(p_stage, v_job_id);
  perform tests.kill_worker_of(p_stage, v_job_id);
  v_job := tests.job(v_job_id);
  return next is(v_job.is_isolated, true, p_stage || ': is a suspect after two lost attempts');
  perform tests.make_due(v_job_id);
  return next is((tests.claim(p_stage, v_job_id)).msg_id, null, 'is not claimed with other documents');
  return next cmp_ok(
    tests.due_at(v_job_id), '>', clock_timestamp() + interval '1 hour', 'waits for isolation');

  perform tests.kill_worker_of(p_stage, v_job_id);
  perform tests.kill_worker_of(p_stage, v_job_id);
  v_job := tests.job(v_job_id);
  return next is(v_job.last_error ->> 'message',
    'the worker that processed only this document stopped unexpectedly; it will be tried again',
    'loses two attempts in isolation');
  perform tests.kill_worker_of(p_stage, v_job_id);
  v_job := tests.job(v_job_id);
  return next is(
    array[v_job.status, v_job.state, v_job.last_error ->> 'code', v_job.attempt_count::text, v_job.lost_count::text],
    array[p_failed_status, 'deadletter', 'WORKER_KILLED', '0', '5'], 'is rejected after the third');
  return next is(tests.message_count(v_job_id), 0::bigint, 'loses its message');

  -- Its lost attempts still count after a redrive.
  perform pipeline_internal.redrive_job(v_job_id);
  v_job := tests.job(v_job_id);
  return next is(
    array[v_job.is_isolated::text, v_job.lost_count::text, v_job.unexplained_count::text], array['true', '2', '2'],
    'is a suspect right after a redrive');
end $$;

select pg_temp.kill('parse', 'failed_parse');
select pg_temp.kill('fetch_result', 'failed_parse');
select pg_temp.kill('chunk', 'failed_chunking');
select pg_temp.kill('embed', 'failed_embedding');

select * from finish();
rollback;
