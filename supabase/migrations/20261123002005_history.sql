-- The history of the last hour by minutes, of the last day by ten minutes, and of the last month by hours: one small
-- row for each step and stage, so that a plot of any of them reads a few hundred rows.

create table pipeline_internal.history (
  step_minutes smallint not null check (step_minutes in (1, 10, 60)),
  -- The start of the step.
  since timestamptz not null,
  -- A stage, or `document`: the whole way from the arrival of the bytes to completion.
  stage text not null,
  -- Documents that left the stage; of `document`, those that became complete.
  transition_count int not null default 0,
  p50_seconds real,
  p95_seconds real,
  -- Documents that were given up at the stage; of `document`, at any.
  failed_count int not null default 0,
  -- Of `document` only.
  registered_count int not null default 0,
  -- The most messages in the stage's queue, and the greatest age of a due one, among the samples of the step.
  message_count int,
  oldest_due_seconds real,
  primary key (step_minutes, since, stage)
) with (fillfactor = 50);
comment on table pipeline_internal.history is
  'Throughput, durations, failures and queues by time. Minutes are kept for two hours, ten minutes for a day, hours as '
  'retention says. Quantiles are within 5 % of the true ones.';
alter table pipeline_internal.history enable row level security;

create function pipeline_internal.record_history(p_after bigint, p_to bigint) returns void
language sql set search_path = '' as $$
  with counted as materialized (
    select date_bin('1 minute', e.created_at, '2000-01-01Z') as minute, e.type, e.status, e.stage
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type in ('status', 'failure')
  ), steps as (
    select step, make_interval(mins => step) as length from unnest(array[1, 10, 60]::smallint[]) step
  ), transitions as (
    -- Recounts each step that has a new event. Where the minutes of a short step have been merged, its numbers stay.
    select s.step, s.since, t.stage, t.bucket, sum(t.transition_count) as transition_count
    from (select distinct step, length, date_bin(length, minute, '2000-01-01Z') as since from counted, steps) s
    join pipeline_internal.stage_transitions t on t.since >= s.since and t.since < s.since + s.length
    where s.step = 60 or s.since >= (select merged_to from pipeline_internal.roll_up)
    group by 1, 2, 3, 4
  ), ranked as (
    select step, since, stage, power(1.1, bucket - 0.5) as seconds,
           sum(transition_count) over (partition by step, since, stage order by bucket) as up_to,
           sum(transition_count) over (partition by step, since, stage) as total
    from transitions
  ), measured as (
    select step, since, stage, max(total) as transition_count,
           min(seconds) filter (where up_to >= 0.50 * total) as p50_seconds,
           min(seconds) filter (where up_to >= 0.95 * total) as p95_seconds
    from ranked group by 1, 2, 3
  ), documents as (
    select step, date_bin(length, minute, '2000-01-01Z') as since, of.stage,
           count(*) filter (where type = 'failure') as failed_count,
           count(*) filter (where type = 'status' and of.stage = 'document') as registered_count
    from counted
    cross join steps
    cross join lateral (select 'document' as stage union select counted.stage where type = 'failure') of
    where of.stage is not null and (type = 'failure' or status = 'awaiting_upload')
    group by 1, 2, 3
  )
  insert into pipeline_internal.history as h (
    step_minutes, since, stage, transition_count, p50_seconds, p95_seconds, failed_count, registered_count)
  select step, since, stage, coalesce(m.transition_count, 0), m.p50_seconds, m.p95_seconds,
         coalesce(d.failed_count, 0), coalesce(d.registered_count, 0)
  from measured m full join documents d using (step, since, stage)
  -- All sessions lock the rows in the same order.
  order by step, since, stage
  on conflict (step_minutes, since, stage) do update
  set transition_count = greatest(h.transition_count, excluded.transition_count),
      p50_seconds = coalesce(excluded.p50_seconds, h.p50_seconds),
      p95_seconds = coalesce(excluded.p95_seconds, h.p95_seconds),
      failed_count = h.failed_count + excluded.failed_count,
      registered_count = h.registered_count + excluded.registered_count
$$;
comment on function pipeline_internal.record_history is
  'Adds the events in (p_after, p_to], whose transitions count_events has counted, to the history. Callers must not '
  'add events twice: roll_up_events ensures that.';

create function pipeline_internal.record_queue_history(p_samples jsonb, p_at timestamptz) returns void
language sql set search_path = '' as $$
  insert into pipeline_internal.history as h (step_minutes, since, stage, message_count, oldest_due_seconds)
  select step, date_bin(make_interval(mins => step), p_at, '2000-01-01Z'), s.labels ->> 'stage',
         sum(s.value) filter (where s.name = 'pipeline_queue_messages'),
         max(s.value) filter (where s.name = 'pipeline_queue_oldest_message_seconds')
  from jsonb_to_recordset(p_samples) s (name text, labels jsonb, value double precision)
  cross join unnest(array[1, 10, 60]::smallint[]) step
  where s.name in ('pipeline_queue_messages', 'pipeline_queue_oldest_message_seconds')
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (step_minutes, since, stage) do update
  set message_count = greatest(h.message_count, excluded.message_count),
      oldest_due_seconds = greatest(h.oldest_due_seconds, excluded.oldest_due_seconds)
$$;
comment on function pipeline_internal.record_queue_history is
  'Adds a sample of the queues, as metric_samples has it, to the history. A step keeps the greatest values.';

revoke execute on function pipeline_internal.record_history, pipeline_internal.record_queue_history
  from public, anon, authenticated, service_role;
