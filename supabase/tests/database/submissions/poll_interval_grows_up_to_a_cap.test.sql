begin;
select plan(9);

create temporary table given as select * from tests.job_at('fetch_result');
update pipeline_internal.limits set first_poll_seconds = 4, max_poll_seconds = 10;

create function pg_temp.check_poll(p_seconds double precision) returns setof text
language plpgsql as $$
declare
  v_job_id uuid := (select job_id from given);
  v_lease pipeline_internal.lease := tests.reclaim('fetch_result', v_job_id);
  v_before timestamptz := clock_timestamp();
begin
  perform tests.poll_later(v_lease);
  return next ok(
    tests.due_at(v_job_id) between v_before + make_interval(secs => p_seconds)
                               and clock_timestamp() + make_interval(secs => p_seconds),
    format('polls again after %s s', p_seconds));
end $$;
select pg_temp.check_poll(6);
select pg_temp.check_poll(9);
select pg_temp.check_poll(10);
select pg_temp.check_poll(10);
select pg_temp.check_poll(10) from generate_series(1, 2);

select results_eq(
  'select status, state, attempt_count, retry_count from tests.job((select job_id from given))',
  $$values ('parse_queued', 'queued', 0, 0)$$, 'costs no attempt for six polls');
select is(
  (select poll_count from pipeline_internal.submissions where job_id = (select job_id from given)), 6,
    'counts the polls');
select is_empty(
  $$select * from upload_pipeline.events where job_id = (select job_id from given) and type <> 'status'$$,
  'records no events');

select * from finish();
rollback;
