-- Giving a job up locks its owner's line, which must not happen on the way to the stage's lock.
begin;
select plan(4);

select tests.add_stage('start_drop', 1);
select tests.add_jobs('start_drop', 2);
create temporary table doomed as
  select job_id, message_id from upload_pipeline.upload_jobs where stage = 'start_drop' order by message_id limit 1;
update upload_pipeline.upload_jobs set attempt_count = 1000 where job_id = (select job_id from doomed);

select results_eq(
  $$select slots, attempts from pipeline_internal.start_run('start_drop', gen_random_uuid())$$,
  $$values (3::smallint, null::pipeline_internal.attempt[])$$, 'the run begins, and is to look for itself');
select is((select count(*) from pgmq.q_start_drop where read_ct = 0), 2::bigint, 'nothing has been claimed');
select is(
  (select count(*) from pipeline_internal.claim('start_drop', 3)), 1::bigint, 'the look finds what can be done');
select is(
  (select state from upload_pipeline.upload_jobs join doomed using (job_id)), 'deadletter', 'and gives the other up');

select * from finish();
rollback;
