begin;
select plan(9);

select tests.add_stage('more');
update pipeline_internal.stages set next_stage = 'fetch_result' where stage = 'more';
select tests.add_jobs('more', 4);
create temporary table run as
  select '00000000-0000-4000-8000-00000000f021'::uuid as run_id, s.* from pipeline_internal.start_run(
    'more', '00000000-0000-4000-8000-00000000f021') s;
create temporary table held as
  select a.* from run, unnest(run.attempts) a;
select is((select count(*) from held), 3::bigint, 'claims as many messages as slots');

create function pg_temp.settle(p_msg_id bigint, p_read_ct int, p_limit int) returns setof record language sql as $$
  select f.settled, f.next_stage, f.attempts, f.run_ended from pipeline_internal.settle_and_continue(
    'more', tests.settlements(jsonb_build_array(jsonb_build_object(
      'msg_id', p_msg_id, 'read_ct', p_read_ct, 'outcome', 'done'))),
    p_run_id => '00000000-0000-4000-8000-00000000f021', p_limit => p_limit) f
$$;
create temporary table claimed as
  select f.* from (select * from held order by msg_id limit 1) one,
    pg_temp.settle(one.msg_id, one.read_ct, 2) f (settled bigint[], next_stage text,
      attempts pipeline_internal.attempt[], run_ended boolean);

select is(
  (select settled from claimed), (select array[min(msg_id)] from held), 'settles one attempt');
select is(
  (select cardinality(attempts) from claimed), 1, 'claims the remaining message with the settlement');
select is(
  (select (attempts[1]).msg_id from claimed), (select max(msg_id) + 1 from held),
    'claims no message of another worker');
select results_eq(
  $$select j.state, j.run_id from claimed, upload_pipeline.upload_jobs j where j.job_id = (attempts[1]).job_id$$,
  $$values ('working', '00000000-0000-4000-8000-00000000f021'::uuid)$$, 'claims it for the same run');
select is((select (next_stage, run_ended)::text from claimed), '(,f)', 'leaves the other message unchanged');

select is(
  (select f.attempts from (select * from held order by msg_id offset 1 limit 1) two,
     pg_temp.settle(two.msg_id, two.read_ct, 2) f (settled bigint[], next_stage text,
       attempts pipeline_internal.attempt[], run_ended boolean)),
  '{}'::pipeline_internal.attempt[], 'tells an empty queue from one that it did not read');

-- A message that cannot be claimed must not roll back the settlement.
insert into pgmq.q_more (vt, message) values (now(), jsonb_build_object('job_id', gen_random_uuid()));
select results_eq(
  $$select cardinality(f.settled), f.attempts from (select * from held order by msg_id offset 2 limit 1) three,
      pg_temp.settle(three.msg_id, three.read_ct, 2) f (settled bigint[], next_stage text,
        attempts pipeline_internal.attempt[], run_ended boolean)$$,
  $$values (1, null::pipeline_internal.attempt[])$$, 'leaves a message without a job to claim');
select is((select count(*) from tests.claim_all('more')), 0::bigint, 'drops it in claim');

select * from finish();
rollback;
