begin;
select plan(15);

select tests.add_stage('astray_from', 2);
select tests.add_provider('astray_to');
update pipeline_internal.stages set next_stage = 'astray_to' where stage = 'astray_from';
update pipeline_internal.stages set next_stage = null where stage = 'astray_to';
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');

-- Moves one document on and returns where the next run began.
create function pg_temp.hand_on() returns text
language plpgsql as $$
begin
  perform tests.add_jobs('astray_from', 1);
  return (
    select f.next_stage from tests.claim_all('astray_from') c, pipeline_internal.settle_and_continue(
      'astray_from', tests.settlements(jsonb_build_array(tests.settlement(c.lease, '{"outcome": "done"}'))),
      p_next_run_id => gen_random_uuid()) f);
end $$;

-- The stage's limit is reached.
insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at)
select 'astray_to', now(), clock_timestamp() from generate_series(1, 2);
select is(pg_temp.hand_on(), null, 'does not continue when enough runs exist');
select is(tests.calls('astray_to'), 0::bigint, 'calls no worker');
select is((select count(*) from pgmq.q_astray_to where read_ct = 0), 1::bigint,
  'leaves the message to the existing runs');

-- The provider's circuit is open.
update pipeline_internal.worker_runs set ended_at = now() where stage = 'astray_to';
update pipeline_internal.providers set opened_at = now(), probe_at = now() + interval '1 hour'
  where provider = 'astray_to';
select is(pg_temp.hand_on(), null, 'does not continue when the circuit is open');
select is(tests.calls('astray_to'), 0::bigint, 'calls no worker');

-- Other messages wait.
update pipeline_internal.providers set opened_at = null, probe_at = null where provider = 'astray_to';
select is(pg_temp.hand_on(), null, 'does not continue when other messages wait');
select is((select count(*) from pgmq.q_astray_to where read_ct = 0), 3::bigint, 'queues the message behind them');
select is(tests.calls('astray_to'), 1::bigint, 'calls a worker');

-- An operator has paused the stage.
delete from pgmq.q_astray_to;
delete from pipeline_internal.worker_runs where stage = 'astray_to';
select pipeline_internal.pause_stage('astray_to', 'a test');
select is(pg_temp.hand_on(), null, 'does not continue when the stage is paused');
select is(tests.calls('astray_to'), 1::bigint, 'calls no worker');
select pipeline_internal.resume_stage('astray_to');

-- There are more documents than the next stage has slots.
delete from pgmq.q_astray_to;
delete from pipeline_internal.worker_runs where stage = 'astray_to';
update pipeline_internal.stages set slots = 1 where stage = 'astray_to';
select tests.add_jobs('astray_from', 2);
select is(
  (select f.next_stage from pipeline_internal.settle_and_continue(
    'astray_from',
    tests.settlements(
      (select jsonb_agg(tests.settlement(c.lease, '{"outcome": "done"}')) from tests.claim_all('astray_from') c)),
    p_next_run_id => gen_random_uuid()) f), null, 'does not continue with more documents than slots');
select is((select count(*) from pgmq.q_astray_to where vt <= clock_timestamp()), 2::bigint,
  'leaves them to the worker that it calls');

-- The attempt fails.
delete from pgmq.q_astray_to;
delete from pipeline_internal.worker_runs where stage = 'astray_to';
select tests.add_jobs('astray_from', 1);
select is(
  (select f.next_stage from tests.claim_all('astray_from') c, pipeline_internal.settle_and_continue(
    'astray_from',
    tests.settlements(jsonb_build_array(
      tests.settlement(c.lease, '{"outcome": "retry", "code": "TEST", "message": "a test"}'))),
    p_next_run_id => gen_random_uuid()) f), null, 'does not continue after a retry');

-- The last stage has no next stage.
select tests.add_jobs('astray_to', 1);
select is(
  (select f.next_stage from tests.claim_all('astray_to') c, pipeline_internal.settle_and_continue(
    'astray_to',
    tests.settlements(jsonb_build_array(
      tests.settlement(c.lease, '{"outcome": "retry", "code": "TEST", "message": "a test"}'))),
    p_next_run_id => gen_random_uuid()) f), null, 'does not continue after the last stage');
select is(
  (select count(*) from pipeline_internal.worker_runs where stage like 'astray%' and ended_at is null), 0::bigint,
  'begins no run');

select * from finish();
rollback;
