-- A restart of the database loses all attempts at once; no document caused it, however often it happens.
begin;
select plan(4);

create temporary table given as select * from tests.job_at('chunk');
create function pg_temp.restart() returns void language plpgsql as $$
begin
  perform tests.reclaim('chunk', job_id) from given;
  update upload_pipeline.upload_jobs
  set claimed_at = pipeline_internal.database_started_at() - interval '1 second'
  where job_id = (select job_id from given);
  perform tests.make_due(job_id) from given;
  perform tests.claim('chunk', job_id) from given;
end $$;

select cmp_ok(
  pipeline_internal.database_started_at(), '>=', pg_postmaster_start_time(),
    'finds no session older than the database');
select pg_temp.restart() from generate_series(1, 10);
select results_eq(
  'select j.state, j.attempt_count, j.lost_count, j.unexplained_count, j.is_isolated from given cross join lateral '
  'tests.job(given.job_id) j',
  $$values ('retryable', 0, 10, 0, false)$$, 'retries outside isolation');
select is(
  (select j.last_error ->> 'message' from given cross join lateral tests.job(given.job_id) j),
  'the database was restarted while a worker processed it; it will be tried again', 'records an event');

-- A document that does crash the database is rejected in the end.
select pg_temp.restart() from generate_series(11, 20);
select results_eq(
  'select j.status, j.lost_count, j.last_error ->> ''code'' from given cross join lateral tests.job(given.job_id) j',
  $$values ('failed_chunking', 20, 'ATTEMPTS_EXHAUSTED')$$, 'rejects after max_lost lost attempts');

select * from finish();
rollback;
