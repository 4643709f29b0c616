begin;
select plan(8);

select tests.add_stage('leave_from', 2);
select tests.add_stage('leave_to', 2);
update pipeline_internal.stages set next_stage = 'leave_to' where stage = 'leave_from';
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');
-- Hands on the document that waited longest, and says whether that was the end of the run, which had settled two before.
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
select is(pg_temp.hand_on(), false, 'while work is due it does not leave');
select results_eq('select * from pg_temp.run()', $$values (null::text, 0)$$, 'it goes on');

-- Nobody is followed where others run already.
update pipeline_internal.stages set max_invocations = 1 where stage = 'leave_to';
select is(pg_temp.hand_on(), false, 'nor does it leave where it cannot follow');
select results_eq('select * from pg_temp.run()', $$values (null::text, 0)$$, 'it has yet to say that it is drained');

update pipeline_internal.stages set max_invocations = 2 where stage = 'leave_to';
delete from pgmq.q_leave_to;
select is(pg_temp.hand_on(), true, 'with the last document it leaves');
select results_eq('select * from pg_temp.run()', $$values ('drained', 3)$$, 'and has ended, with all that it settled');
select is(tests.calls('leave_from') - count, 0::bigint, 'nobody is called to where nothing is left') from calls_before;
select is((select count(*) from pipeline_internal.live_runs where stage = 'leave_from'), 0::bigint, 'its place is free');

select * from finish();
rollback;
