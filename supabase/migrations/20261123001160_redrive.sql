-- Redriving: jobs of the dead letter are processed once more, at the stage that failed.

create function pipeline_internal.redrive_job(p_job_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs;
  v_stage text;
begin
  select j.* into v_job from upload_pipeline.upload_jobs j
  where j.job_id = p_job_id and j.state = 'deadletter' for update;
  if not found then return false; end if;

  select s.redrive_stage into strict v_stage
  from pipeline_internal.stages s where s.stage = v_job.last_error ->> 'stage';
  if v_stage = 'parse' then
    perform pipeline_internal.admit(p_job_id, v_job.user_id);
  else
    perform pipeline_internal.enqueue(array[p_job_id], v_stage);
  end if;
  return true;
end $$;
comment on function pipeline_internal.redrive_job is
  'Takes a job out of the dead letter and begins its failed stage once more. False: the job is not in the dead letter.';

create function pipeline_internal.selection_digest(p_job_ids uuid[]) returns text
language sql stable set search_path = '' as $$
  select md5(coalesce(string_agg(j.job_id || ' ' || j.finished_at::text, ',' order by j.job_id), ''))
  from upload_pipeline.upload_jobs j where j.job_id = any (p_job_ids) and j.state = 'deadletter'
$$;
comment on function pipeline_internal.selection_digest is
  'Names a selection of jobs of the dead letter: it changes when one of them leaves the dead letter, or fails again.';

create function pipeline_internal.redrive_all(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null, p_dry_run boolean default true, p_document_id uuid default null,
  p_selection text default null, p_limit int default null
) returns table (
  job_count bigint, page_count bigint, jobs_of_unknown_length bigint, token_count bigint, cost_cents numeric,
  redriven_count bigint, selection text
)
language plpgsql set search_path = '' as $$
declare
  v_selected uuid[] := array(
    select j.job_id from upload_pipeline.upload_jobs j
    where j.state = 'deadletter' and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_document_id is null or j.document_id = p_document_id)
      and (p_from is null or j.finished_at >= p_from) and (p_until is null or j.finished_at < p_until)
    order by j.finished_at);
  v_job_ids uuid[];
begin
  redriven_count := 0;
  select count(*),
         coalesce(sum(d.page_count) filter (where j.status = 'failed_parse'), 0),
         count(*) filter (where j.status = 'failed_parse' and d.page_count is null),
         coalesce(sum((
           select sum(unpaid.tokens)
           from (
             select max(c.token_count) as tokens from pipeline_internal.pending_chunks c
             where c.document_id = j.document_id
               and not exists (
                 select from pipeline_internal.pending_vectors v
                 where v.document_id = c.document_id and v.chunk_sha = c.chunk_sha)
             group by c.chunk_sha
           ) unpaid)), 0)
  into job_count, page_count, jobs_of_unknown_length, token_count
  from upload_pipeline.upload_jobs j join upload_pipeline.documents d using (document_id)
  where j.job_id = any (v_selected);

  cost_cents := round(pipeline_internal.expected_cents(page_count, token_count), 4);
  selection := pipeline_internal.selection_digest(v_selected);

  if not p_dry_run then
    if p_selection <> selection then
      raise exception using
        errcode = 'object_not_in_prerequisite_state',
        message = format(
          'The dead letter has changed since the dry run: %s of its documents match now. Nothing was redriven.',
          job_count),
        hint = 'Look at a new dry run.';
    end if;
    v_job_ids := v_selected[:coalesce(p_limit, cardinality(v_selected))];
    -- Locks in the order of every redrive: users, then jobs, without those that another transaction holds, then user
    -- queues.
    perform from auth.users u
    where u.id in (select j.user_id from upload_pipeline.upload_jobs j where j.job_id = any (v_job_ids))
    order by u.id for key share;
    v_job_ids := array(
      select j.job_id from upload_pipeline.upload_jobs j
      where j.job_id = any (v_job_ids) and j.state = 'deadletter' order by j.finished_at for update skip locked);
    perform pipeline_internal.lock_user_queue(u.user_id) from (
      select distinct user_id from upload_pipeline.upload_jobs where job_id = any (v_job_ids) order by 1) u;
    select count(*) filter (where pipeline_internal.redrive(id)) into redriven_count from unnest(v_job_ids) id;
    -- Without those that were left out because another transaction holds them: they are the next call's first.
    selection := pipeline_internal.selection_digest(v_selected);
  end if;
  return next;
end $$;
comment on function pipeline_internal.redrive_all is
  'Redrives the jobs that failed with this code, of this user, in this time, or of this document, oldest first. Dry by '
  'default: only counts the jobs, the pages and tokens that LlamaParse and OpenAI would charge for, and their list '
  'price. The price leaves out jobs whose pages were never counted. selection names what was counted; a call with it '
  'as p_selection redrives exactly these jobs or, if they have changed, raises object_not_in_prerequisite_state. '
  'With p_limit only so many, and selection then names the rest.';
