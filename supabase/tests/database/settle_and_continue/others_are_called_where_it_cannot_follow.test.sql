begin;
select plan(15);

select tests.add_stage('astray_from', 2);
select tests.add_provider('astray_to');
update pipeline_internal.stages set next_stage = 'astray_to' where stage = 'astray_from';
update pipeline_internal.stages set next_stage = null where stage = 'astray_to';
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');

-- Hands one document on and says where the run that followed it began.
create function pg_temp.hand_on() returns text
language plpgsql as $$
begin
  perform tests.add_jobs('astray_from', 1);
  return (
    select f.next_stage from tests.claim_all('astray_from') c, pipeline_internal.settle_and_continue(
      'astray_from', tests.settlements(jsonb_build_array(tests.settlement(c.lease, '{"outcome": "done"}'))),
      p_next_run_id => gen_random_uuid()) f);
end $$;

-- Its bound is reached.
insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at)
select 'astray_to', now(), clock_timestamp() from generate_series(1, 2);
select is(pg_temp.hand_on(), null, 'where enough are running it does not follow');
select is(tests.calls('astray_to'), 0::bigint, 'nor is anybody called');
select is((select count(*) from pgmq.q_astray_to where read_ct = 0), 1::bigint, 'those who run find the message');

-- Its provider is left alone.
update pipeline_internal.worker_runs set ended_at = now() where stage = 'astray_to';
update pipeline_internal.providers set opened_at = now(), probe_at = now() + interval '1 hour' where provider = 'astray_to';
select is(pg_temp.hand_on(), null, 'where the provider is to be left alone it does not follow');
select is(tests.calls('astray_to'), 0::bigint, 'nor is anybody called');

-- Others wait there.
update pipeline_internal.providers set opened_at = null, probe_at = null where provider = 'astray_to';
select is(pg_temp.hand_on(), null, 'where others wait it does not follow: nobody is overtaken');
select is((select count(*) from pgmq.q_astray_to where read_ct = 0), 3::bigint, 'the message waits behind them');
select is(tests.calls('astray_to'), 1::bigint, 'and somebody is called');

-- An operator holds the stage back.
delete from pgmq.q_astray_to;
delete from pipeline_internal.worker_runs where stage = 'astray_to';
select pipeline_internal.pause_stage('astray_to', 'a test');
select is(pg_temp.hand_on(), null, 'where the stage is paused it does not follow');
select is(tests.calls('astray_to'), 1::bigint, 'nor is anybody called');
select pipeline_internal.resume_stage('astray_to');

-- They are more than the next stage works at once.
delete from pgmq.q_astray_to;
delete from pipeline_internal.worker_runs where stage = 'astray_to';
update pipeline_internal.stages set slots = 1 where stage = 'astray_to';
select tests.add_jobs('astray_from', 2);
select is(
  (select f.next_stage from pipeline_internal.settle_and_continue(
    'astray_from',
    tests.settlements(
      (select jsonb_agg(tests.settlement(c.lease, '{"outcome": "done"}')) from tests.claim_all('astray_from') c)),
    p_next_run_id => gen_random_uuid()) f), null, 'more than the next stage has slots are not followed');
select is((select count(*) from pgmq.q_astray_to where vt <= clock_timestamp()), 2::bigint, 'they wait for whoever is called');

-- What does not end well is not followed.
delete from pgmq.q_astray_to;
delete from pipeline_internal.worker_runs where stage = 'astray_to';
select tests.add_jobs('astray_from', 1);
select is(
  (select f.next_stage from tests.claim_all('astray_from') c, pipeline_internal.settle_and_continue(
    'astray_from',
    tests.settlements(jsonb_build_array(
      tests.settlement(c.lease, '{"outcome": "retry", "code": "TEST", "message": "a test"}'))),
    p_next_run_id => gen_random_uuid()) f), null, 'what is to be tried again is not followed');

-- There is nothing behind the last stage.
select tests.add_jobs('astray_to', 1);
select is(
  (select f.next_stage from tests.claim_all('astray_to') c, pipeline_internal.settle_and_continue(
    'astray_to',
    tests.settlements(jsonb_build_array(
      tests.settlement(c.lease, '{"outcome": "retry", "code": "TEST", "message": "a test"}'))),
    p_next_run_id => gen_random_uuid()) f), null, 'behind the last stage there is nothing to follow');
select is(
  (select count(*) from pipeline_internal.worker_runs where stage like 'astray%' and ended_at is null), 0::bigint,
  'and no run begins');

select * from finish();
rollback;
