-- The worker's timer may fire just after the job was settled.
begin;
select plan(8);

create function pg_temp.check_beat(p_name text, p_call text) returns setof text
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('embed', p_seed => p_name);
  v_lease pipeline_internal.lease := tests.claim('embed', v_job.job_id);
  v_due_at timestamptz;
begin
  execute 'select tests.' || p_call using v_lease;
  v_due_at := tests.due_at(v_job.job_id);
  return next is_empty(
    format('select * from pipeline_internal.extend_leases(''embed'', array[%s], array[%s])', v_lease.msg_id,
      v_lease.read_ct),
    'after ' || p_name || ' extends no lease');
  return next is(tests.due_at(v_job.job_id), v_due_at, 'after ' || p_name || ' keeps the message''s delay');
end $$;

select pg_temp.check_beat('a retry', 'retry($1, ''SLOW'', ''slow'', 900)');
select pg_temp.check_beat('a pause', 'pause($1, 900)');
select pg_temp.check_beat('giving back', 'pause($1, 0)');
select pg_temp.check_beat('a rejection', 'reject($1, ''BAD'', ''bad'')');

select * from finish();
rollback;
