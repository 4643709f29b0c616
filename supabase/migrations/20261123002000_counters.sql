-- What has happened, counted once and for good. Monitoring wants numbers that only grow, and latencies of the last minutes
-- and hours; events are too many to read each time, and are deleted with their documents and by age. So they are rolled up.

create table pipeline_internal.counters (
  -- As Prometheus knows it: https://prometheus.io/docs/concepts/data_model/
  name text not null check (name ~ '^pipeline_[a-z_]+$'),
  labels jsonb not null default '{}',
  value double precision not null check (value >= 0),
  primary key (name, labels)
) with (fillfactor = 50);
comment on table pipeline_internal.counters is
  'Totals since the pipeline was installed. They only grow. The buckets of a histogram (label le) count apart, not one within the other.';

create table pipeline_internal.stage_transitions (
  -- Those of the minute, or, when that is over an hour ago, of the hour that begins then.
  since timestamptz not null,
  -- `document` is the whole way, from the arrival of the bytes to completion.
  stage text not null,
  -- Holds the durations in (1.1^(bucket - 1), 1.1^bucket] seconds: a quantile read from it is within 5 % of the true one.
  bucket smallint not null,
  transition_count int not null,
  primary key (since, stage, bucket)
);
comment on table pipeline_internal.stage_transitions is
  'How many jobs passed a stage in the last day, by when and by how long it took them, waiting included. Its size is bounded by the minutes and buckets, whatever passes.';

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
  'Events that were deleted before they had been counted; here until they are. In any snapshot an event is either in upload_pipeline.events or here.';
create index deleted_events_document_id_idx on pipeline_internal.deleted_events (document_id, event_no);

create table pipeline_internal.roll_up (
  singleton boolean primary key default true check (singleton),
  -- Events up to this number are in the counters.
  counted_to bigint not null default 0,
  -- How far the events went when somebody last looked, and a transaction that began after that.
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
  -- Read without a lock: what is kept needlessly is left out of the next count.
  insert into pipeline_internal.deleted_events (event_no, document_id, type, status, stage, code, created_at)
  select event_no, document_id, type, status, stage, code, created_at
  from gone
  where document_id in (
    select document_id from gone where event_no > (select counted_to from pipeline_internal.roll_up));
  return null;
end $$;
comment on function pipeline_internal.save_uncounted_events is
  'Whoever deletes events, with a document or by age, takes nothing from the counters. Runs as its owner: Auth deletes users, and with them their events.';
create trigger save_uncounted_events after delete on upload_pipeline.events
  referencing old table as gone
  for each statement execute function pipeline_internal.save_uncounted_events();

create function pipeline_internal.duration_bounds() returns double precision[]
language sql immutable parallel safe set search_path = '' as $$
  select array[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]::double precision[]
$$;
comment on function pipeline_internal.duration_bounds is
  'The upper bounds of every histogram''s buckets, in seconds; one more, +Inf, has no bound. Changing them starts the histograms anew.';

create function pipeline_internal.duration_bound(p_seconds double precision) returns text
language sql immutable parallel safe set search_path = '' as $$
  select coalesce(min(bound)::text, '+Inf')
  from unnest(pipeline_internal.duration_bounds()) bound where bound >= p_seconds
$$;
comment on function pipeline_internal.duration_bound is 'The bucket of a histogram that a duration belongs to.';

create function pipeline_internal.error_class(p_code text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select case when p_code in (
    'ARCHIVE_IS_BROKEN', 'DOCUMENT_TOO_LARGE', 'EMPTY_DOCUMENT', 'MALWARE_FOUND', 'NO_DATA_FOUND_IN_FILE', 'NOT_A_PDF',
    'PDF_IS_BROKEN', 'PDF_IS_PROTECTED', 'SHA256_MISMATCH', 'SIZE_MISMATCH', 'TEXT_TOO_LONG', 'TEXT_UNREADABLE', 'TOO_MANY_PAGES',
    'TYPE_MISMATCH', 'UNPACKS_TOO_LARGE', 'UNSUPPORTED_FILE_TYPE')
    then 'document' else 'pipeline' end
$$;
comment on function pipeline_internal.error_class is
  'document: the failure says something of the document, and nothing of the pipeline.';

create function pipeline_internal.add_to_counters(p_counts pipeline_internal.counters[]) returns void
language sql set search_path = '' as $$
  insert into pipeline_internal.counters as c (name, labels, value)
  select name, labels, sum(value) from unnest(p_counts) group by name, labels
  -- In one order for everybody, so that two who count do not wait for each other.
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
      and (e.status = 'complete' or exists (select from pipeline_internal.stages door where door.entry_status = e.status))
  )
  select door.stage, l.document_id, entered.created_at, l.created_at
  from left_stage l
  cross join lateral (
    select e.status, e.created_at
    from pipeline_internal.countable_events e
    where e.document_id = l.document_id and e.event_no < l.event_no and e.type = 'status'
      and exists (select from pipeline_internal.stages d where d.entry_status = e.status)
    order by e.event_no desc limit 1
  ) entered
  join pipeline_internal.stages door on door.entry_status = entered.status
  join upload_pipeline.statuses s on s.status = entered.status
  -- Forward only: who is sent back, or starts anew, has not passed.
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
  -- Not the second completion of a document that was only cut anew.
  where l.status = 'complete' and began.status = 'uploaded'
$$;
comment on function pipeline_internal.stage_transitions_between is
  'Who left a stage for a later one among the events in (p_after, p_to], and when they had come to its door. Also the whole way of those that were completed, as stage `document`.';

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
    select 'pipeline_errors_total', jsonb_build_object('type', e.type, 'stage', e.stage, 'code', coalesce(e.code, '')), 1
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
  'Adds the events in (p_after, p_to] to the counters. Not to be called twice for the same ones: roll_up_events sees to that.';

create function pipeline_internal.compact_stage_transitions() returns void
language sql set search_path = '' as $$
  delete from pipeline_internal.stage_transitions where since < now() - interval '25 hours';
  with minutes as (
    delete from pipeline_internal.stage_transitions
    where since < date_trunc('hour', now() - interval '1 hour') and since <> date_trunc('hour', since)
    returning *
  )
  insert into pipeline_internal.stage_transitions as p (since, stage, bucket, transition_count)
  select date_trunc('hour', since), stage, bucket, sum(transition_count) from minutes group by 1, 2, 3
  on conflict (since, stage, bucket) do update set transition_count = p.transition_count + excluded.transition_count
$$;
comment on function pipeline_internal.compact_stage_transitions is
  'Sums the minutes of hours that nobody asks for minute by minute any more, and forgets what is older than a day.';

create function pipeline_internal.roll_up_events() returns bigint
language plpgsql set search_path = '' as $$
declare
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
  -- Numbers are given out in order, but committed in any. Whoever was given one up to v_last had begun to write before us,
  -- so once nobody is left who began before us, all of those have been committed, or never will be.
  v_last := coalesce(pg_sequence_last_value('upload_pipeline.events_event_no_seq'), 0);
  v_xid := pg_current_xact_id();

  select * into v_done from pipeline_internal.roll_up for update skip locked;
  if not found then return 0; end if;

  v_oldest_xid := pg_snapshot_xmin(pg_current_snapshot());
  v_to := case
    when v_oldest_xid >= v_xid then v_last
    when v_oldest_xid >= v_done.seen_xid then v_done.seen_to
    else v_done.counted_to end;
  -- A backlog, as after an outage of pg_cron, is worked off bit by bit.
  v_to := least(v_to, v_done.counted_to + 100000);
  if v_to > v_done.counted_to then
    perform pipeline_internal.count_events(v_done.counted_to, v_to);
    delete from pipeline_internal.deleted_events where event_no <= v_to and document_id not in (
      select document_id from pipeline_internal.deleted_events where event_no > v_to);
  end if;
  update pipeline_internal.roll_up
  set counted_to = greatest(counted_to, v_to),
      seen_to = case when v_oldest_xid >= seen_xid then v_last else seen_to end,
      seen_xid = case when v_oldest_xid >= seen_xid then v_xid else seen_xid end;
  perform pipeline_internal.compact_stage_transitions();
  return v_to - v_done.counted_to;
end $$;
comment on function pipeline_internal.roll_up_events is
  'Counts the events that are new, each exactly once, also those of documents that were deleted meanwhile, and returns how many numbers it got further. Those of transactions that may still be under way wait for the next time. 0 without acting: another is at it.';

create function pipeline_internal.count_requests(p_function text, p_requests jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_counts pipeline_internal.counters[];
begin
  with asked as (
    select * from jsonb_to_recordset(p_requests) as r (route text, method text, status int, seconds double precision)
  ), counted as (
    select 'pipeline_requests_total' as name,
           jsonb_build_object('function', p_function, 'route', route, 'method', method, 'status', status::text) as labels,
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
  'Adds what a function was asked to the counters. p_requests: [{route, method, status, seconds}].';

select cron.schedule('pipeline-roll-up', '15 seconds', 'select pipeline_internal.roll_up_events()');

revoke execute on all functions in schema pipeline_internal from public, anon, authenticated, service_role;
