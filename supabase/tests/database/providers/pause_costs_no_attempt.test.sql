begin;
select plan(5);

select tests.add_provider('waiting');
create temporary table given as select * from tests.add_jobs('waiting', 1) job_id;
create function pg_temp.ask(p_fault text) returns boolean
language plpgsql as $$
declare
  v_lease pipeline_internal.lease;
begin
  perform tests.make_due(job_id) from given;
  perform tests.pass_time('waiting', 10000);
  v_lease := tests.claim('waiting', (select job_id from given));
  return tests.settle(v_lease, tests.fault(p_fault, 30));
end $$;

select is((select bool_and(pg_temp.ask('throttled')) from generate_series(1, 7)), true,
  'pauses seven times for a rate limit');
select is((select bool_and(pg_temp.ask('exhausted')) from generate_series(1, 7)), true,
  'pauses seven times for exhausted credit');
select results_eq(
  'select state, attempt_count, retry_count, waiting_for, last_error from given, tests.job(job_id)',
  $$values ('queued', 0, 0, 'EXHAUSTED', null::jsonb)$$, 'keeps all attempts and the reason');
select ok(tests.is_ahead_by((select vt from pgmq.q_waiting), 30), 'waits as long as the provider asked');
select is(
  (select count(*) from upload_pipeline.events join given using (job_id) where type = 'pause'), 14::bigint,
    'records every pause');

select * from finish();
rollback;
