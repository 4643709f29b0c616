-- The safety nets, which pg_cron runs. None of them is needed while every event arrives.

create function pipeline_internal.has_pending_call(p_call text) returns boolean
language plpgsql set search_path = '' as $$
begin
  return exists (select from net.http_request_queue q where q.url like '%/worker/' || p_call);
end $$;
comment on function pipeline_internal.has_pending_call is
  'Whether a call of this route (without a query string) waits in pg_net behind calls that are not answered yet.';

create function pipeline_internal.sweep() returns int
language plpgsql set search_path = '' as $$
declare
  v_stage text;
  v_woken int := 0;
begin
  perform pipeline_internal.advance_user_queues(
    array(select distinct user_id from upload_pipeline.upload_jobs where user_queued_at is not null));
  for v_stage in select stage from pipeline_internal.stages loop
    if pipeline_internal.has_work(v_stage) and pipeline_internal.wake(v_stage) is not null then
      v_woken := v_woken + 1;
    end if;
  end loop;
  if pipeline_internal.wake_isolation() is not null then
    v_woken := v_woken + 1;
  end if;
  if pipeline_internal.has_due_cleanup() and not pipeline_internal.has_pending_call('cleanup') then
    perform pipeline_internal.call_worker('cleanup');
  end if;
  if pipeline_internal.has_due_notifications() and not pipeline_internal.has_pending_call('notify') then
    perform pipeline_internal.call_worker('notify');
  end if;
  return v_woken;
end $$;
comment on function pipeline_internal.sweep is
  'Advances the user queues, and wakes every stage that has due messages and too few runs: after a lost wake-up, for a '
  'retry, a poll, an expired lease, a closed circuit, or a suspect. Calls the worker for cleanups and notifications '
  'that are due.';

create function pipeline_internal.reconcile()
returns table (started bigint, requeued bigint, expired bigint, closed bigint)
language plpgsql set search_path = '' as $$
declare
  v_stage text;
  v_job_id uuid;
  v_path text;
  v_paths text[];
begin
  -- Finds objects whose trigger failed; a file of an earlier, failed upload does not count. Here and below, locked jobs
  -- are skipped: a transaction that holds the locks of user queues may wait for queued jobs only.
  v_paths := array(
    select o.name
    from upload_pipeline.upload_jobs j
    join upload_pipeline.documents d using (document_id)
    join storage.objects o on o.bucket_id = 'files' and o.name = d.raw_path
    where j.status = 'awaiting_upload' and (o.metadata ->> 'size') is not null and o.updated_at >= j.updated_at
    order by j.user_id, j.job_id
    for update of j skip locked);
  -- Locks all user queues before the first document is admitted: see reserve_costs.
  perform pipeline_internal.lock_user_queue(u.user_id) from (
    select distinct user_id from upload_pipeline.documents where raw_path = any (v_paths) order by 1) u;
  started := 0;
  foreach v_path in array v_paths loop
    started := started + pipeline_internal.start_processing(v_path)::int;
  end loop;

  -- Jobs without their message (a purged queue, a restored backup).
  requeued := 0;
  for v_stage in select stage from pipeline_internal.stages loop
    for v_job_id in execute format(
      $q$
        select j.job_id from upload_pipeline.upload_jobs j
        where j.stage = $1 and j.finished_at is null and j.updated_at < clock_timestamp() - interval '1 minute'
          and not exists (select from pgmq.%I q where q.msg_id = j.message_id)
        for update of j skip locked
      $q$, 'q_' || v_stage) using v_stage
    loop
      perform pipeline_internal.requeue(v_job_id);
      requeued := requeued + 1;
    end loop;
  end loop;

  expired := pipeline_internal.expire_uploads();

  with dead as (
    update pipeline_internal.worker_runs
    set ended_at = clock_timestamp(), ended_by = 'lost'
    -- A locked row belongs to a live worker.
    where run_id in (
      select r.run_id from pipeline_internal.worker_runs r
      where r.ended_at is null and coalesce(r.heartbeat_at, r.called_at) < clock_timestamp() - interval '1 minute'
        -- pg_net has not sent its call yet: see live_runs.
        and not (r.started_at is null and exists (select from net.http_request_queue q where q.id = r.request_id))
      for update skip locked)
    returning 1
  ) select count(*) into closed from dead;
  return next;
end $$;
comment on function pipeline_internal.reconcile is
  'Repairs what no event will: objects without their trigger, jobs without their message, uploads that never came, '
  'runs that died.';

select cron.schedule('pipeline-reconcile', '* * * * *', 'select pipeline_internal.reconcile()');

-- API roles may call none of these functions.
revoke execute on all functions in schema pipeline_internal from public, anon, authenticated, service_role;
