-- All pairs of statuses, against the table of legal transitions.
begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;

create temporary sequence message_ids;
-- The values of a job's other columns at a status.
create function pg_temp.job_with(p_job upload_pipeline.upload_jobs, p_status text) returns upload_pipeline.upload_jobs
language plpgsql as $$
begin
  p_job.status := p_status;
  p_job.state := case
    when p_status in ('complete', 'duplicate', 'expired') then 'done'
    when p_status like 'failed%' then 'deadletter'
    else 'queued' end;
  p_job.finished_at := case when p_job.state in ('done', 'deadletter') then now() end;
  p_job.stage := case when p_job.finished_at is null and p_status <> 'awaiting_upload' then 'parse' end;
  -- A number that no other job has.
  p_job.message_id := case when p_job.stage is not null then nextval('pg_temp.message_ids') end;
  return p_job;
end $$;

-- One job at each status.
create temporary table jobs as
  select s.status, (tests.register(ada.user_id, s.status)).job_id from ada, upload_pipeline.statuses s;
delete from upload_pipeline.upload_jobs where job_id in (select job_id from jobs);
insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, state, finished_at, stage, message_id)
select jobs.job_id, d.document_id, d.user_id, made.status, made.state, made.finished_at, made.stage, made.message_id
from jobs
join upload_pipeline.documents d on d.filename = jobs.status || '.pdf' and d.user_id = (select user_id from ada)
cross join lateral pg_temp.job_with(null, jobs.status) made;

create function pg_temp.outcome(p_from text, p_to text) returns text
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs;
  v_constraint text;
begin
  select * into v_job from pg_temp.job_with(tests.job((select job_id from jobs where status = p_from)), p_to);
  update upload_pipeline.upload_jobs
  set status = v_job.status, state = v_job.state, finished_at = v_job.finished_at, stage = v_job.stage,
      message_id = v_job.message_id
  where job_id = v_job.job_id;
  raise exception 'undo' using errcode = 'ZZ000';
exception
  when sqlstate 'ZZ000' then
    return 'allowed';
  when check_violation then
    get stacked diagnostics v_constraint = constraint_name;
    return 'refused by ' || v_constraint;
end $$;

create temporary table outcomes as
  select f.status as from_status, t.status as to_status, pg_temp.outcome(f.status, t.status) as outcome,
         exists (
           select from pipeline_internal.transitions m where m.from_status = f.status and m.to_status = t.status
         ) as is_legal
  from upload_pipeline.statuses f, upload_pipeline.statuses t
  where f.status <> t.status;

select cmp_ok((select count(*) from outcomes where not is_legal), '>=', 200::bigint, 'finds transitions to refuse');
select is_empty(
  $$select from_status, to_status, outcome from outcomes
    where not is_legal and outcome <> 'refused by legal_transition'$$,
  'refuses every unlisted transition');
select is_empty(
  $$select from_status, to_status, outcome from outcomes where is_legal and outcome <> 'allowed'$$,
  'accepts every listed transition');
select results_eq(
  $$select from_status, to_status from pipeline_internal.transitions where from_status in ('complete', 'duplicate')
    order by 2$$,
  $$values ('complete', 'parse_validated'), ('complete', 'uploaded')$$,
  'lists no transition away from complete, except a re-chunk and a reparse');
select set_eq(
  $$select to_status from pipeline_internal.transitions where from_status = 'awaiting_upload'$$,
  array['uploaded', 'expired'], 'lists no other transition before the upload');
select is(
  (select array_agg(to_status order by to_status) from outcomes where from_status = 'parse_validated'
    and outcome = 'allowed'),
  array['chunking', 'failed_chunking'], 'lists no transition to embedding before chunking');

select * from finish();
rollback;
