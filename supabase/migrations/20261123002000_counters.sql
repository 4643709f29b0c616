-- Counters of all events. Monitoring needs numbers that only grow, and latencies of the last minutes and hours; there
-- are too many events to read each time, and they are deleted with their documents and by age. So they are rolled up.

create table pipeline_internal.counters (
  -- In the form of Prometheus: https://prometheus.io/docs/concepts/data_model/
  name text not null check (name ~ '^pipeline_[a-z_]+$'),
  labels jsonb not null default '{}',
  value double precision not null check (value >= 0),
  primary key (name, labels)
) with (fillfactor = 50);
comment on table pipeline_internal.counters is
  'Totals since the installation, which only grow. The buckets of a histogram (label le) are not cumulative here.';

create table pipeline_internal.stage_transitions (
  -- The start of the minute, or, after an hour, of the hour.
  since timestamptz not null,
  -- `document` is the whole time from the arrival of the bytes to completion.
  stage text not null,
  -- The durations in (1.1^(bucket - 1), 1.1^bucket] seconds: a quantile from these is within 5 % of the true one.
  bucket smallint not null,
  transition_count int not null,
  primary key (since, stage, bucket)
);
comment on table pipeline_internal.stage_transitions is
  'The number of stage transitions of the last day, by time and by duration, waiting included. The table''s size '
  'depends on minutes and buckets only, not on the throughput.';

create table pipeline_internal.deleted_events (
  event_no bigint primary key,
  document_id uuid not null,
  type text not null,
  status text not null,
  stage text,
  code text,
  created_at timestamptz not null
);
comment on table pipeline_internal.deleted_events is
  'Events that were deleted before they were counted, until they are. In any snapshot an event is either in '
  'upload_pipeline.events or here.';
create index deleted_events_document_id_idx on pipeline_internal.deleted_events (document_id, event_no);

create table pipeline_internal.roll_up (
  singleton boolean primary key default true check (singleton),
  -- The counters include the events up to this number.
  counted_to bigint not null default 0,
  -- Minutes of stage_transitions before this have been merged into hours.
  merged_to timestamptz not null default '-infinity',
  -- The last event number at the previous run, and a transaction id that was assigned after that.
  seen_to bigint not null default 0,
  seen_xid xid8 not null default '0'
);
comment on table pipeline_internal.roll_up is 'How far the events have been counted. One row.';
insert into pipeline_internal.roll_up default values;

alter table pipeline_internal.counters enable row level security;
alter table pipeline_internal.stage_transitions enable row level security;
alter table pipeline_internal.deleted_events enable row level security;
alter table pipeline_internal.roll_up enable row level security;

create view pipeline_internal.countable_events as
select event_no, document_id, type, status, stage, code, created_at from upload_pipeline.events
union all
select event_no, document_id, type, status, stage, code, created_at from pipeline_internal.deleted_events;

create function pipeline_internal.save_uncounted_events() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Read without a lock: the next count ignores rows that were kept needlessly.
  insert into pipeline_internal.deleted_events (event_no, document_id, type, status, stage, code, created_at)
  select event_no, document_id, type, status, stage, code, created_at
  from gone
  where document_id in (
    select document_id from gone where event_no > (select counted_to from pipeline_internal.roll_up));
  return null;
end $$;
comment on function pipeline_internal.save_uncounted_events is
  'Keeps events for the counters when they are deleted, with a document or by age. Runs as its owner: Auth deletes '
  'users, and with them their events.';
create trigger save_uncounted_events after delete on upload_pipeline.events
  referencing old table as gone
  for each statement execute function pipeline_internal.save_uncounted_events();

create function pipeline_internal.duration_bounds() returns double precision[]
language sql immutable parallel safe set search_path = '' as $$
  select array[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]::double precision[]
$$;
comment on function pipeline_internal.duration_bounds is
  'The upper bounds of every histogram''s buckets, in seconds; +Inf comes on top. A change of the bounds resets the '
  'histograms.';

create function pipeline_internal.duration_bound(p_seconds double precision) returns text
language sql immutable parallel safe set search_path = '' as $$
  select coalesce(min(bound)::text, '+Inf')
  from unnest(pipeline_internal.duration_bounds()) bound where bound >= p_seconds
$$;
comment on function pipeline_internal.duration_bound is 'The histogram bucket of a duration.';

create function pipeline_internal.add_to_counters(p_counts pipeline_internal.counters[]) returns void
language sql set search_path = '' as $$
  insert into pipeline_internal.counters as c (name, labels, value)
  select name, labels, sum(value) from unnest(p_counts) group by name, labels
  -- All sessions lock the counters in the same order.
  order by name, labels
  on conflict (name, labels) do update set value = c.value + excluded.value
$$;

create function pipeline_internal.stage_transitions_between(p_after bigint, p_to bigint)
returns table (stage text, document_id uuid, entered_at timestamptz, left_at timestamptz)
language sql stable set search_path = '' as $$
  with left_stage as (
    select e.event_no, e.document_id, e.status, e.created_at, s.total_pct
    from pipeline_internal.countable_events e
    join upload_pipeline.statuses s using (status)
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'status'
      and (e.status = 'complete' or exists (
        select from pipeline_internal.stages s where s.entry_status = e.status))
  )
  select entered_stage.stage, l.document_id, entered.created_at, l.created_at
  from left_stage l
  cross join lateral (
    select e.status, e.created_at
    from pipeline_internal.countable_events e
    where e.document_id = l.document_id and e.event_no < l.event_no and e.type = 'status'
      and exists (select from pipeline_internal.stages d where d.entry_status = e.status)
    order by e.event_no desc limit 1
  ) entered
  join pipeline_internal.stages entered_stage on entered_stage.entry_status = entered.status
  join upload_pipeline.statuses s on s.status = entered.status
  -- Forward moves only: a resubmission or a redrive is no transition.
  where s.total_pct < l.total_pct
  union all
  select 'document', l.document_id, began.created_at, l.created_at
  from left_stage l
  cross join lateral (
    select e.status, e.created_at
    from pipeline_internal.countable_events e
    where e.document_id = l.document_id and e.event_no < l.event_no and e.type = 'status'
      and e.status in ('uploaded', 'complete')
    order by e.event_no desc limit 1
  ) began
  -- The second completion, after a re-chunk, does not count.
  where l.status = 'complete' and began.status = 'uploaded'
$$;
comment on function pipeline_internal.stage_transitions_between is
  'The transitions to a later stage among the events in (p_after, p_to], and when their documents had entered the '
  'stage. A completed document also counts as stage `document`, with the whole time.';

create function pipeline_internal.count_events(p_after bigint, p_to bigint) returns void
language plpgsql set search_path = '' as $$
declare
  v_counts pipeline_internal.counters[];
begin
  with passed as materialized (
    select p.*, greatest(extract(epoch from p.left_at - p.entered_at)::double precision, 0) as seconds
    from pipeline_internal.stage_transitions_between(p_after, p_to) p
  ), by_minute as (
    insert into pipeline_internal.stage_transitions as p (since, stage, bucket, transition_count)
    select date_trunc('minute', left_at), stage, ceil(ln(greatest(seconds, 0.001)) / ln(1.1))::smallint, count(*)
    from passed
    group by 1, 2, 3
    on conflict (since, stage, bucket) do update set transition_count = p.transition_count + excluded.transition_count
  ), counted as (
    select 'pipeline_documents_total' as name, jsonb_build_object('status', e.status) as labels, 1 as value
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'status'
    union all
    select 'pipeline_errors_total',
           jsonb_build_object('type', e.type, 'stage', e.stage, 'code', coalesce(e.code, '')), 1
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type in ('retry', 'pause', 'failure')
    union all
    select 'pipeline_warnings_total', jsonb_build_object('code', coalesce(e.code, '')), 1
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'warning'
    union all
    select 'pipeline_failures_total', jsonb_build_object('error_class', pipeline_internal.error_class(e.code)), 1
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'failure'
    union all
    select 'pipeline_stage_duration_seconds_bucket',
           jsonb_build_object('stage', stage, 'le', pipeline_internal.duration_bound(seconds)), 1
    from passed
    union all
    select 'pipeline_stage_duration_seconds_sum', jsonb_build_object('stage', stage), seconds from passed
  )
  select array_agg(row(name, labels, value)::pipeline_internal.counters) into v_counts from counted;
  perform pipeline_internal.add_to_counters(v_counts);
end $$;
comment on function pipeline_internal.count_events is
  'Adds the events in (p_after, p_to] to the counters. Callers must not count events twice: roll_up_events ensures '
  'that.';

create function pipeline_internal.count_requests(p_function text, p_requests jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_counts pipeline_internal.counters[];
begin
  with asked as (
    select * from jsonb_to_recordset(p_requests) as r (route text, method text, status int, seconds double precision)
  ), counted as (
    select 'pipeline_requests_total' as name,
           jsonb_build_object('function', p_function, 'route', route, 'method', method,
                              'status', status::text) as labels,
           1 as value
    from asked
    union all
    select 'pipeline_request_duration_seconds_bucket',
           jsonb_build_object('function', p_function, 'le', pipeline_internal.duration_bound(seconds)), 1
    from asked
    union all
    select 'pipeline_request_duration_seconds_sum', jsonb_build_object('function', p_function), seconds from asked
  )
  select array_agg(row(name, labels, value)::pipeline_internal.counters) into v_counts from counted;
  perform pipeline_internal.add_to_counters(v_counts);
end $$;
comment on function pipeline_internal.count_requests is
  'Adds the requests of a function to the counters. p_requests: [{route, method, status, seconds}].';

revoke execute on all functions in schema pipeline_internal from public, anon, authenticated, service_role;
