-- How long depends on the trouble: a rate limit passes in seconds, an empty account needs somebody to act.
begin;
select plan(3);

create function pg_temp.paused_for(p_fault text, p_after_seconds double precision) returns double precision
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('embed', p_seed => coalesce(p_fault, 'none') || p_after_seconds);
begin
  perform tests.settle(tests.claim('embed', v_job.job_id), jsonb_build_object(
    'outcome', 'pause', 'code', 'TEST', 'message', 'test', 'fault', p_fault, 'after_seconds', p_after_seconds));
  -- The circuit is another matter.
  perform pipeline_internal.provider_succeeded('openai', clock_timestamp());
  return extract(epoch from tests.due_at(v_job.job_id) - clock_timestamp());
end $$;

select ok(pg_temp.paused_for('throttled', 0) between 10 and 15, 'throttled: a quarter of a minute');
select ok(pg_temp.paused_for('exhausted', 0) between 290 and 300, 'exhausted: five minutes');
select ok(pg_temp.paused_for('throttled', 3) between 1 and 3, 'a time that was named is kept');

select * from finish();
rollback;
