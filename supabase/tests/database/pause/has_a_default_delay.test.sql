-- The delay depends on the error: a rate limit passes in seconds, an empty account needs an operator.
begin;
select plan(3);

create function pg_temp.is_paused(p_fault text, p_after_seconds double precision, p_seconds double precision)
  returns boolean
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('embed', p_seed => coalesce(p_fault, 'none') || p_after_seconds);
begin
  perform tests.settle(tests.claim('embed', v_job.job_id), jsonb_build_object(
    'outcome', 'pause', 'code', 'TEST', 'message', 'test', 'fault', p_fault, 'after_seconds', p_after_seconds));
  -- Ignores the circuit.
  perform pipeline_internal.provider_succeeded('openai', clock_timestamp());
  return tests.is_ahead_by(tests.due_at(v_job.job_id), p_seconds);
end $$;

select ok(pg_temp.is_paused('throttled', 0, 15), 'waits fifteen seconds when throttled');
select ok(pg_temp.is_paused('exhausted', 0, 60), 'waits a minute when exhausted');
select ok(pg_temp.is_paused('throttled', 3, 3), 'waits as long as the provider asked');

select * from finish();
rollback;
