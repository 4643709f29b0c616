-- The roll-up: counts the events of the last seconds, for the counters and for the history.

create function pipeline_internal.compact_stage_transitions() returns void
language sql set search_path = '' as $$
  delete from pipeline_internal.stage_transitions where since < now() - interval '25 hours';
  -- Hours as in the history, whatever the time zone of the session.
  update pipeline_internal.roll_up set merged_to = date_bin('1 hour', now() - interval '1 hour', '2000-01-01Z')
  where merged_to < date_bin('1 hour', now() - interval '1 hour', '2000-01-01Z');
  with minutes as (
    delete from pipeline_internal.stage_transitions
    where since < date_bin('1 hour', now() - interval '1 hour', '2000-01-01Z')
      and since <> date_bin('1 hour', since, '2000-01-01Z')
    returning *
  )
  insert into pipeline_internal.stage_transitions as p (since, stage, bucket, transition_count)
  select date_bin('1 hour', since, '2000-01-01Z'), stage, bucket, sum(transition_count) from minutes group by 1, 2, 3
  on conflict (since, stage, bucket) do update set transition_count = p.transition_count + excluded.transition_count;
  delete from pipeline_internal.history
  where (step_minutes = 1 and since < now() - interval '2 hours')
     or (step_minutes = 10 and since < now() - interval '25 hours')
$$;
comment on function pipeline_internal.compact_stage_transitions is
  'Merges the minutes of past hours into hours, and removes rows older than a day, and the history''s short steps.';

create function pipeline_internal.roll_up_events() returns bigint
language plpgsql set search_path = '' as $$
declare
  v_most constant bigint := 100000;
  v_last bigint;
  v_xid xid8;
  v_done pipeline_internal.roll_up;
  v_oldest_xid xid8;
  v_to bigint;
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'roll_up_events must be the first to write in its transaction'
      using errcode = 'invalid_transaction_state';
  end if;
  -- Event numbers are assigned in order, but commit in any order. A transaction with a number up to v_last began to
  -- write before this one; so when no transaction is left that began before this one, all of those numbers are
  -- committed, or never will be.
  v_last := coalesce(pg_sequence_last_value('upload_pipeline.events_event_no_seq'), 0);
  v_xid := pg_current_xact_id();

  select * into v_done from pipeline_internal.roll_up for update skip locked;
  if not found then return 0; end if;

  v_oldest_xid := pg_snapshot_xmin(pg_current_snapshot());
  v_to := case
    when v_oldest_xid >= v_xid then v_last
    when v_oldest_xid >= v_done.seen_xid then v_done.seen_to
    else v_done.counted_to end;
  -- Limits a run after an outage of pg_cron.
  v_to := least(v_to, v_done.counted_to + v_most);
  if v_to > v_done.counted_to then
    perform pipeline_internal.count_events(v_done.counted_to, v_to);
    perform pipeline_internal.record_history(v_done.counted_to, v_to);
    delete from pipeline_internal.deleted_events where event_no <= v_to and document_id not in (
      select document_id from pipeline_internal.deleted_events where event_no > v_to);
  end if;
  update pipeline_internal.roll_up
  set counted_to = greatest(counted_to, v_to),
      seen_to = case when v_oldest_xid >= seen_xid then v_last else seen_to end,
      seen_xid = case when v_oldest_xid >= seen_xid then v_xid else seen_xid end;
  -- After an outage, further events of past hours follow in the next run.
  if v_to < v_done.counted_to + v_most then
    perform pipeline_internal.compact_stage_transitions();
  end if;
  return v_to - v_done.counted_to;
end $$;
comment on function pipeline_internal.roll_up_events is
  'Counts new events, each exactly once, including those of deleted documents, and returns by how many numbers it '
  'advanced. Events of transactions that may still be running wait for the next run. Returns 0, without effect, while '
  'another session runs it.';

select cron.schedule('pipeline-roll-up', '15 seconds', 'select pipeline_internal.roll_up_events()');

revoke execute on all functions in schema pipeline_internal from public, anon, authenticated, service_role;
