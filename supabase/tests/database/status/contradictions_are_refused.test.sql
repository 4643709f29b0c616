-- The columns of a job that must agree with each other.
begin;
select plan(12);

create temporary table ada as select tests.create_user() as user_id;
create temporary table awaited as select j.* from ada, tests.register(user_id, 'awaited') j;
create temporary table waiting as select j.* from ada, tests.job_at('parse', user_id, 'waiting') j;
create temporary table complete as select j.* from ada, tests.complete_document(user_id, 'complete') j;

-- The name of the constraint that refuses the change; null if none does.
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

select is(pg_temp.refused_by(job_id, 'stage = null'), 'stage_and_message_go_together', 'a message is on the queue of a stage') from waiting;
select is(pg_temp.refused_by(job_id, 'stage = ''parse'''), 'stage_and_message_go_together', 'a stage has a message') from awaited;
select is(pg_temp.refused_by(job_id, 'stage = null, message_id = null'), 'unfinished_job_has_a_message', 'what is unfinished has a message') from waiting;
select is(pg_temp.refused_by(job_id, 'stage = ''embed'', message_id = 1'), 'finished_job_has_no_message', 'what is finished has none') from complete;
select is(pg_temp.refused_by(job_id, 'state = ''done'', finished_at = now(), stage = null, message_id = null'), 'done_matches_status', 'done means that the status is final') from waiting;
select is(pg_temp.refused_by(job_id, 'state = ''deadletter'', finished_at = now(), stage = null, message_id = null'), 'deadletter_matches_status', 'the dead letter means that the status is a failure') from waiting;
select is(pg_temp.refused_by(job_id, 'status = ''failed_parse'''), 'deadletter_matches_status', 'a failure means the dead letter') from waiting;
select is(pg_temp.refused_by(job_id, 'status = ''expired'''), 'done_matches_status', 'a final status means done') from awaited;
select is(pg_temp.refused_by(job_id, 'finished_at = now()'), 'finished_at_matches_state', 'what waits is not finished') from awaited;
select is(pg_temp.refused_by(job_id, 'finished_at = null, stage = ''embed'', message_id = 1'), 'finished_at_matches_state', 'what is done is finished') from complete;
select is(pg_temp.refused_by(job_id, 'state = ''asleep'''), 'upload_jobs_state_check', 'a word that is no state is refused') from waiting;
select is(pg_temp.refused_by(job_id, 'state = ''working'''), null, 'what contradicts nothing is accepted') from waiting;

select * from finish();
rollback;
