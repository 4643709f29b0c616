begin;
select plan(16);

create function pg_temp.check_redrive(p_failed text, p_started text, p_status text) returns setof text
language plpgsql as $$
declare
  v_job_id uuid := (tests.job_at(p_failed, p_seed => p_failed)).job_id;
begin
  perform tests.reject(tests.reclaim(p_failed, v_job_id), 'BAD', 'bad');
  return next is(pipeline_internal.redrive(v_job_id), true, 'a job that failed in ' || p_failed
    || ' leaves the dead letter');
  return next results_eq(
    format('select stage, status, state, attempt_count, last_error, finished_at from tests.job(%L)', v_job_id),
    format('values (%L, %L, ''queued'', 0, null::jsonb, null::timestamptz)', p_started, p_status),
    'restarts at ' || p_started || ' with all attempts');
  return next is(tests.message_count(v_job_id), 1::bigint, 'with one message, in ' || p_started);
  return next isnt((tests.claim(p_started, v_job_id)).msg_id, null, 'claims the job');
end $$;

select pg_temp.check_redrive('parse', 'parse', 'uploaded');
select pg_temp.check_redrive('fetch_result', 'parse', 'uploaded');
select pg_temp.check_redrive('chunk', 'chunk', 'parse_validated');
select pg_temp.check_redrive('embed', 'embed', 'embedding_queued');

select * from finish();
rollback;
