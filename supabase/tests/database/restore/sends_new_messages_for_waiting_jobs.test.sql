begin;
select plan(10);

create temporary table the as select * from tests.job_at('chunk', p_seed => 'restored');
select throws_ok(
  'select pipeline_internal.begin_restore()', '55000', 'this database has documents of its own',
  'refuses a database with documents');

-- As after loading a backup: the job names a message that this database's queue never had, but soon will.
delete from pgmq.q_chunk;
update upload_pipeline.upload_jobs
set message_id = nextval(pg_get_serial_sequence('pgmq.q_chunk', 'msg_id')) + 3, state = 'working'
where job_id = (select job_id from the);
create temporary table remembered as select message_id from upload_pipeline.upload_jobs
  where job_id = (select job_id from the);
insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at) values ('chunk', now(), now());
select pipeline_internal.pause_stage('embed', 'an operator''s reason');

select lives_ok('select pipeline_internal.finish_restore()', 'finishes the load');
select results_eq(
  $$select j.state, q.message ->> 'job_id' from upload_pipeline.upload_jobs j
    join pgmq.q_chunk q on q.msg_id = j.message_id
    where j.job_id = (select job_id from the)$$,
  $$select 'queued', job_id::text from the$$, 'sends a message for the job');
select cmp_ok(
  (select message_id from upload_pipeline.upload_jobs where job_id = (select job_id from the)), '>',
  (select message_id from remembered), 'uses a number that no restored job names');
select is_empty('select pipeline_monitoring.lost_messages()', 'finds no lost messages');
select is_empty('select from pipeline_internal.worker_runs where ended_at is null',
  'ends the runs of the lost database');
select is_empty('select from pipeline_internal.stages where paused_at is null',
  'claims nothing before the files are there');
select is_empty($$select from pipeline_internal.claim('chunk', 1)$$, 'reports that the restore is under way');

select pipeline_internal.end_restore();
select set_eq(
  'select stage from pipeline_internal.stages where paused_at is not null', array['embed'],
  'resumes the stages, except those that an operator paused');
select is(
  (select job_id from pipeline_internal.claim('chunk', 1)), (select job_id from the), 'claims the job');

select * from finish();
rollback;
