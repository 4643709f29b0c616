-- The half-open probe on an operator's demand.

create function pipeline_internal.probe_provider(p_provider text) returns bigint
language plpgsql set search_path = '' as $$
declare
  v_stage text;
  v_msg_ids bigint[];
  v_due_count bigint := 0;
begin
  for v_stage in select s.stage from pipeline_internal.stages s where s.provider = p_provider order by 1 loop
    -- Messages before jobs, as workers lock them. A locked message belongs to a live worker.
    execute format(
      'select array(select q.msg_id from pgmq.%I q where q.msg_id = any ($1) order by q.msg_id for update skip locked)',
      'q_' || v_stage) into v_msg_ids
      using array(
        select j.message_id from upload_pipeline.upload_jobs j
        where j.stage = v_stage and j.next_attempt_at > clock_timestamp()
          and exists (select from pipeline_internal.providers p where p.provider = p_provider
            and p.opened_at is not null));
    with due as (
      update upload_pipeline.upload_jobs j set next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
      where j.stage = v_stage and j.message_id = any (v_msg_ids) and j.state <> 'working'
        -- A parse that is still running is no failure of the provider.
        and j.waiting_for is distinct from 'PARSER_AT_WORK'
      returning j.message_id
    ) select array(select message_id from due) into v_msg_ids;
    perform pipeline_internal.postpone_messages(v_stage, v_msg_ids, clock_timestamp());
    v_due_count := v_due_count + cardinality(v_msg_ids);
  end loop;

  update pipeline_internal.providers set probe_at = clock_timestamp()
  where provider = p_provider and opened_at is not null;
  if found then
    perform pipeline_internal.wake(s.stage) from pipeline_internal.stages s
    where s.provider = p_provider and pipeline_internal.has_work(s.stage);
  end if;
  return v_due_count;
end $$;
comment on function pipeline_internal.probe_provider is
  'Sends the half-open probe of an open circuit at once, for an operator who knows that the provider has recovered. '
  'Makes the jobs that wait for the provider due and returns their number; they continue only if the probe succeeds. '
  '0, and nothing done: the circuit is closed.';
