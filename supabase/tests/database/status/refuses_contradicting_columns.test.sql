-- The columns of a job that must agree with each other.
begin;
select plan(12);

create temporary table ada as select tests.create_user() as user_id;
create temporary table awaited as select j.* from ada, tests.register(user_id, 'awaited') j;
create temporary table waiting as select j.* from ada, tests.job_at('parse', user_id, 'waiting') j;
create temporary table complete as select j.* from ada, tests.complete_document(user_id, 'complete') j;

-- The constraint that refuses the change; null if none does.
create function pg_temp.refused_by(p_job_id uuid, p_change text) returns text
language plpgsql as $$
declare
  v_constraint text;
begin
  execute format('update upload_pipeline.upload_jobs set %s where job_id = %L', p_change, p_job_id);
  return null;
exception when check_violation then
  get stacked diagnostics v_constraint = constraint_name;
  return v_constraint;
end $$;

select is(pg_temp.refused_by(job_id, 'stage = null'), 'stage_and_message_go_together',
  'refuses a message without a stage') from waiting;
select is(pg_temp.refused_by(job_id, 'stage = ''parse'''), 'stage_and_message_go_together',
  'refuses a stage without a message') from awaited;
select is(pg_temp.refused_by(job_id, 'stage = null, message_id = null'), 'unfinished_job_has_a_message',
  'refuses an unfinished job without a message') from waiting;
select is(pg_temp.refused_by(job_id, 'stage = ''embed'', message_id = 1'), 'finished_job_has_no_message',
  'refuses a finished job with a message') from complete;
select is(pg_temp.refused_by(job_id, 'state = ''done'', finished_at = now(), stage = null, message_id = null'),
  'done_matches_status', 'refuses done without a final status') from waiting;
select is(pg_temp.refused_by(job_id, 'state = ''deadletter'', finished_at = now(), stage = null, message_id = null'),
  'deadletter_matches_status', 'refuses the dead letter without a failure') from waiting;
select is(pg_temp.refused_by(job_id, 'status = ''failed_parse'''), 'deadletter_matches_status',
  'refuses a failure outside the dead letter') from waiting;
select is(pg_temp.refused_by(job_id, 'status = ''expired'''), 'done_matches_status',
  'refuses a final status that is not done') from awaited;
select is(pg_temp.refused_by(job_id, 'finished_at = now()'), 'finished_at_matches_state',
  'refuses a queued job that is finished') from awaited;
select is(pg_temp.refused_by(job_id, 'finished_at = null, stage = ''embed'', message_id = 1'),
  'finished_at_matches_state', 'refuses done without a finish time') from complete;
select is(pg_temp.refused_by(job_id, 'state = ''asleep'''), 'upload_jobs_state_check', 'refuses an unknown state')
  from waiting;
select is(pg_temp.refused_by(job_id, 'state = ''working'''), null, 'accepts a consistent change') from waiting;

select * from finish();
rollback;
