begin;
select plan(10);

create temporary table given as select * from tests.job_at('embed');

-- embed: five attempts, 2 s × 2^(n-1), jitter 0.2.
create function pg_temp.check_attempt(p_attempt int, p_seconds double precision) returns setof text
language plpgsql as $$
declare
  v_job_id uuid := (select job_id from given);
  v_lease pipeline_internal.lease := tests.reclaim('embed', v_job_id);
  v_before timestamptz := clock_timestamp();
  v_after timestamptz;
begin
  perform tests.retry(v_lease, 'SLOW', 'the provider was slow');
  v_after := clock_timestamp();
  return next ok(
    tests.due_at(v_job_id) between v_before + make_interval(secs => p_seconds * 0.8)
                               and v_after + make_interval(secs => p_seconds * 1.2),
    format('makes the next attempt after attempt %s due in %s s, with jitter', p_attempt, p_seconds));
  return next results_eq(
    format('select status, state, attempt_count, retry_count, next_attempt_at from tests.job(%L)', v_job_id),
    format('values (''embedding_in_progress'', ''retryable'', %s, %s, %L::timestamptz)', p_attempt, p_attempt,
      tests.due_at(v_job_id)),
    format('stores the time with %s attempts', p_attempt));
end $$;

select pg_temp.check_attempt(1, 2);
select pg_temp.check_attempt(2, 4);
select pg_temp.check_attempt(3, 8);
select pg_temp.check_attempt(4, 16);

select results_eq(
  'select type, code, message, attempt from upload_pipeline.events join given using (job_id) where type <> ''status'' '
  'order by event_no',
  $$select 'retry', 'SLOW', 'the provider was slow', n from generate_series(1, 4) n$$,
  'records every failed attempt as an event');
select is(
  (select last_error ->> 'reference' from tests.job((select job_id from given))),
  (select event_id::text from upload_pipeline.events join given using (job_id) order by event_no desc limit 1),
  'references the latest event');

select * from finish();
rollback;
