begin;
select plan(8);

select tests.add_stage('leave_from', 2);
select tests.add_stage('leave_to', 2);
update pipeline_internal.stages set next_stage = 'leave_to' where stage = 'leave_from';
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');
-- Moves the oldest document on and returns whether the run ended; it had settled two before.
create function pg_temp.hand_on() returns boolean
language sql as $$
  select f.run_ended
  from pipeline_internal.claim('leave_from', 1, '00000000-0000-4000-8000-0000000001ea') c,
    pipeline_internal.settle_and_continue(
      'leave_from',
      tests.settlements(jsonb_build_array(
        tests.settlement(row('leave_from', c.msg_id, c.read_ct), '{"outcome": "done"}'))),
      '00000000-0000-4000-8000-0000000001ea', p_next_run_id => gen_random_uuid(), p_settled_count => 2) f
$$;
create function pg_temp.run() returns table (ended_by text, settled_count int)
language sql as $$
  select ended_by, settled_count from pipeline_internal.worker_runs
  where run_id = '00000000-0000-4000-8000-0000000001ea'
$$;

select tests.add_jobs('leave_from', 3);
insert into pipeline_internal.worker_runs (run_id, stage, started_at, heartbeat_at)
values ('00000000-0000-4000-8000-0000000001ea', 'leave_from', now(), clock_timestamp());
create temporary table calls_before as select tests.calls('leave_from') as count;
select is(pg_temp.hand_on(), false, 'does not end the run while messages are due');
select results_eq('select * from pg_temp.run()', $$values (null::text, 0)$$, 'keeps the run open');

-- Does not continue where other runs exist.
update pipeline_internal.stages set max_invocations = 1 where stage = 'leave_to';
select is(pg_temp.hand_on(), false, 'does not end the run when it cannot continue');
select results_eq('select * from pg_temp.run()', $$values (null::text, 0)$$, 'keeps the run open until end_run');

update pipeline_internal.stages set max_invocations = 2 where stage = 'leave_to';
delete from pgmq.q_leave_to;
select is(pg_temp.hand_on(), true, 'ends the run with the last document');
select results_eq('select * from pg_temp.run()', $$values ('drained', 3)$$, 'stores the number of settled attempts');
select is(tests.calls('leave_from') - count, 0::bigint, 'calls no worker for an empty queue') from calls_before;
select is((select count(*) from pipeline_internal.live_runs where stage = 'leave_from'), 0::bigint,
  'frees the run''s place in the stage''s limit');

select * from finish();
rollback;
