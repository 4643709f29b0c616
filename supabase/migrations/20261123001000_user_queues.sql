-- User queues keep one user's five hundred documents from delaying another's single one. Each user has user slots: so
-- many documents are active at once, and the others wait in the user queue, oldest first. The stages' queues are first
-- come, first served, so that users take turns. A document behind an open circuit takes no user slot, so that parsing
-- continues during an outage, up to three times as many documents as the user has slots.

create function pipeline_internal.lock_user_queue(p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.user_queue:' || p_user_id, 0));
end $$;

create function pipeline_internal.stages_behind_open_circuit() returns text[]
language plpgsql stable set search_path = '' as $$
begin
  -- While the parser's own circuit is open, admitting more documents would get none of them further.
  return array(
    select s.stage
    from pipeline_internal.stages s join pipeline_internal.providers p using (provider)
    where p.opened_at is not null and not exists (
      select from pipeline_internal.stages entry join pipeline_internal.providers e using (provider)
      where entry.stage = 'parse' and e.opened_at is not null));
end $$;
comment on function pipeline_internal.stages_behind_open_circuit is
  'The stages whose provider''s circuit is open, unless that of parse is open too. Documents that wait there must '
  'not keep their owner''s other documents from being parsed.';

create function pipeline_internal.free_user_slots(p_user_id uuid) returns int
language plpgsql stable set search_path = '' as $$
declare
  v_behind_open_circuit text[] := pipeline_internal.stages_behind_open_circuit();
begin
  return (
    select greatest(0, least(
      l.active_documents_per_user - (work.count - work.behind_open_circuit_count),
      3 * l.active_documents_per_user - work.count))::int
    from pipeline_internal.limits l
    cross join lateral (
      select count(*) as count,
             count(*) filter (where j.stage = any (v_behind_open_circuit)) as behind_open_circuit_count
      from upload_pipeline.upload_jobs j
      where j.user_id = p_user_id and j.message_id is not null
    ) work);
end $$;
comment on function pipeline_internal.free_user_slots is
  'How many more of a user''s documents may become active. Documents behind an open circuit take no slot, up to '
  'three times as many active documents as slots.';

create function pipeline_internal.admit(p_job_id uuid, p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  v_waiting_for text := 'YOUR_OTHER_DOCUMENTS';
begin
  perform pipeline_internal.lock_user_queue(p_user_id);
  if pipeline_internal.free_user_slots(p_user_id) > 0 and not exists (
    select from upload_pipeline.upload_jobs where user_id = p_user_id and user_queued_at is not null
  ) then
    if cardinality(pipeline_internal.reserve_costs(p_user_id, array[p_job_id])) > 0 then
      perform pipeline_internal.enqueue(array[p_job_id], 'parse');
      return;
    end if;
    v_waiting_for := 'MONTHLY_BUDGET_SPENT';
  end if;
  update upload_pipeline.upload_jobs
  set status = 'uploaded', state = 'queued', user_queued_at = clock_timestamp(), waiting_for = v_waiting_for,
      last_error = null, finished_at = null, updated_at = clock_timestamp()
  where job_id = p_job_id;
end $$;
comment on function pipeline_internal.admit is
  'Sends a job to parse if its user has a free slot, an empty user queue and enough budget; otherwise appends it to '
  'the user queue.';

create function pipeline_internal.advance_user_queues(p_user_ids uuid[]) returns int
language plpgsql set search_path = '' as $$
declare
  v_user_id uuid;
  v_job_ids uuid[];
  v_affordable_ids uuid[];
  v_waiting_for text;
  v_count int := 0;
begin
  -- Locks all user queues first, and every transaction in this order, so that two batches that end at once do not
  -- deadlock. Empty queues too: a concurrent admit may be appending to one, since no slot was free.
  for v_user_id in select distinct id from unnest(p_user_ids) id order by 1 loop
    perform pipeline_internal.lock_user_queue(v_user_id);
  end loop;

  for v_user_id in
    select distinct j.user_id from upload_pipeline.upload_jobs j
    where j.user_id = any (p_user_ids) and j.user_queued_at is not null
  loop
    v_job_ids := array(
      select j.job_id from upload_pipeline.upload_jobs j
      where j.user_id = v_user_id and j.user_queued_at is not null
      order by j.user_queued_at, j.job_id
      limit pipeline_internal.free_user_slots(v_user_id)
      for update);
    v_affordable_ids := pipeline_internal.reserve_costs(v_user_id, v_job_ids);
    if cardinality(v_affordable_ids) > 0 then
      perform pipeline_internal.enqueue(v_affordable_ids, 'parse');
      v_count := v_count + cardinality(v_affordable_ids);
    end if;
    if cardinality(v_job_ids) > 0 then
      -- What the next document waits for, the others behind it wait for too.
      v_waiting_for := case when cardinality(v_affordable_ids) < cardinality(v_job_ids)
                            then 'MONTHLY_BUDGET_SPENT' else 'YOUR_OTHER_DOCUMENTS' end;
      update upload_pipeline.upload_jobs set waiting_for = v_waiting_for
      where user_id = v_user_id and user_queued_at is not null and waiting_for is distinct from v_waiting_for;
    end if;
  end loop;
  return v_count;
end $$;
comment on function pipeline_internal.advance_user_queues is
  'Sends as many documents from each user''s queue to parse as the user has free slots and budget, oldest first. The '
  'rest says in waiting_for what it waits for: a slot or the budget.';
