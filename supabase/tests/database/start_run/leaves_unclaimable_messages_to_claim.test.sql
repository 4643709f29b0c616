-- A rejection locks the owner's user queue, which must not happen before the stage's lock.
begin;
select plan(4);

select tests.add_stage('start_drop', 1);
select tests.add_jobs('start_drop', 2);
create temporary table doomed as
  select job_id, message_id from upload_pipeline.upload_jobs where stage = 'start_drop' order by message_id limit 1;
update upload_pipeline.upload_jobs set attempt_count = 1000 where job_id = (select job_id from doomed);

select results_eq(
  $$select slots, attempts from pipeline_internal.start_run('start_drop', gen_random_uuid())$$,
  $$values (3::smallint, null::pipeline_internal.attempt[])$$, 'admits the run without messages');
select is((select count(*) from pgmq.q_start_drop where read_ct = 0), 2::bigint, 'claims nothing');
select is(
  (select count(*) from pipeline_internal.claim('start_drop', 3)), 1::bigint, 'claims the other message in claim');
select is(
  (select state from upload_pipeline.upload_jobs join doomed using (job_id)), 'deadletter',
    'rejects the job without attempts in claim');

select * from finish();
rollback;
