-- The console's webhooks: LlamaParse's callbacks, and notifications to endpoints.

-- Callbacks.

create function pipeline_console.callback_summary() returns table (
  last_delivery_at timestamptz, deliveries_24h bigint, refused_24h bigint, submitted_1h bigint, awaited_1h bigint,
  missing_1h bigint, late_1h bigint, p50_seconds numeric, p95_seconds numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select s.last_delivery_at, s.deliveries_24h, s.refused_24h, w.submitted_count, w.awaited_count, w.missing_count,
         w.late_count, w.p50_seconds, w.p95_seconds
  from pipeline_internal.webhook_summary() s
  cross join pipeline_monitoring.webhooks w where w.time_window = '1 hour';
end $$;
comment on function pipeline_console.callback_summary is
  'LlamaParse''s callbacks: the last one, the number of the last day, and what became of the submissions of the last '
  'hour: awaited, missing (polling fetched the result, no callback came) or late (it came after that). Seconds are '
  'those from submission to callback. @nullable last_delivery_at, p50_seconds, p95_seconds';
select pipeline_internal.open_to_console('pipeline_console.callback_summary');

create function pipeline_console.callback_hours(p_hours int default 24) returns table (
  since timestamptz, submitted_count bigint, delivery_count bigint, refused_count bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_hours int := least(greatest(coalesce(p_hours, 24), 1), 48);
  v_from timestamptz := date_trunc('hour', now()) - make_interval(hours => v_hours - 1);
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select h.since, coalesce(s.count, 0), coalesce(d.count, 0), coalesce(r.count, 0)
  from generate_series(v_from, now(), interval '1 hour') h (since)
  left join (
    select date_trunc('hour', submitted_at) as since, count(*) as count from pipeline_internal.submissions
    where submitted_at >= v_from group by 1) s using (since)
  left join (
    select date_trunc('hour', received_at) as since, count(*) as count from pipeline_internal.deliveries
    where received_at >= v_from group by 1) d using (since)
  left join (
    select date_trunc('hour', happened_at) as since, count(*) as count from pipeline_internal.audit_log
    where action = 'webhook_refused' and happened_at >= v_from group by 1) r using (since)
  order by h.since;
end $$;
comment on function pipeline_console.callback_hours is
  'For each of the last hours, up to 48: submissions to LlamaParse, accepted callbacks (several for one submission, if '
  'LlamaParse reports its start too), and refused calls.';
select pipeline_internal.open_to_console('pipeline_console.callback_hours');

create function pipeline_console.callback_refusals() returns table (
  reason text, refused_count bigint, network_count bigint, last_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select coalesce(a.details ->> 'reason', ''), count(*), count(distinct a.network), max(a.happened_at)
  from (
    select l.details, l.network, l.happened_at from pipeline_internal.audit_log l
    where l.action = 'webhook_refused' and l.happened_at > now() - interval '24 hours'
    -- Anyone can have calls refused.
    order by l.happened_at desc limit 10000) a
  group by 1 order by 2 desc, 1 limit 50;
end $$;
comment on function pipeline_console.callback_refusals is
  'Why calls of the webhook were refused within 24 hours, and by how many networks; of the latest 10,000.';
select pipeline_internal.open_to_console('pipeline_console.callback_refusals');

create function pipeline_console.callbacks(
  p_state text default null, p_before_at timestamptz default null, p_before_id uuid default null,
  p_limit int default 50
) returns table (
  submission_id uuid, job_id uuid, document_id uuid, submitted_at timestamptz, finished_at timestamptz, outcome text,
  poll_count int, state text, event_type text, received_at timestamptz, seconds numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select s.submission_id, s.job_id, j.document_id, s.submitted_at, s.finished_at, s.outcome, s.poll_count, c.state,
         d.event_type, d.received_at, round(extract(epoch from d.received_at - s.submitted_at), 1)
  from (
    select * from pipeline_internal.submissions s
    where s.submitted_at < 'infinity'
      and (s.submitted_at, s.submission_id)
          < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by s.submitted_at desc, s.submission_id desc limit 5000) s
  left join lateral (
    select d.event_type, d.received_at from pipeline_internal.deliveries d
    -- The final callback.
    where d.provider_job_id = s.provider_job_id and d.event_type not in ('parse.pending', 'parse.running')
    order by d.received_at limit 1) d on true
  cross join lateral (
    select case
      when d.received_at > s.finished_at then 'late' when d.received_at is not null then 'received'
      when s.finished_at is not null then 'missing' else 'awaited' end as state) c
  join upload_pipeline.upload_jobs j using (job_id)
  where p_state is null or c.state = p_state
  order by s.submitted_at desc, s.submission_id desc
  limit least(greatest(coalesce(p_limit, 50), 1), 200);
end $$;
comment on function pipeline_console.callbacks is
  'Submissions to LlamaParse and their final callback, the latest first: received, late (polling had fetched the '
  'result), missing (polling fetched the result, and no callback came) or awaited. With a state, searches the latest '
  '5,000 submissions before the given one. @nullable finished_at, outcome, event_type, received_at, seconds';
select pipeline_internal.open_to_console('pipeline_console.callbacks');

-- Notifications.

create function pipeline_internal.endpoint_host(p_url text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
  select substring(p_url from '^https?://(?:[^/?#]*@)?([^/?#@]+)')
$$;
comment on function pipeline_internal.endpoint_host is
  'The host of an endpoint. Its path may be a secret, and so may be a name and password before the host.';
revoke execute on function pipeline_internal.endpoint_host from public, anon, authenticated, service_role;

create function pipeline_console.endpoints() returns table (
  name text, host text, format text, events text[], is_enabled boolean, created_at timestamptz,
  previous_secret_until timestamptz, waiting_count bigint, given_up_count bigint, next_attempt_at timestamptz,
  last_delivered_at timestamptz, last_error text)
language plpgsql stable security definer set search_path = '' set jit = off set enable_sort = off as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select e.name, coalesce(pipeline_internal.endpoint_host(e.url), ''), e.format, e.events, e.is_enabled, e.created_at,
         e.previous_secret_until, n.waiting_count, n.given_up_count, n.due_at, n.delivered_at, n.last_error
  from pipeline_internal.endpoints e
  cross join lateral (
    select least(sum(c.waiting_count), 10001)::bigint as waiting_count,
           least(sum(c.given_up_count), 10001)::bigint as given_up_count, min(c.due_at) as due_at,
           max(c.delivered_at) as delivered_at,
           (array_agg(c.last_error) filter (where c.last_error is not null))[1] as last_error
    from unnest(pipeline_internal.notification_types()) t (type)
    cross join lateral (
      select w.waiting_count, w.due_at, g.given_up_count, d.delivered_at,
             coalesce(f.last_error, l.last_error) as last_error
      from (
        select count(*) as waiting_count, min(o.due_at) as due_at
        from (
          select o.due_at from pipeline_internal.outbox o
          where o.endpoint_id = e.endpoint_id and o.type = t.type and o.delivered_at is null and o.given_up_at is null
          order by -o.delivery_no limit 10001) o) w
      cross join (
        select count(*) as given_up_count
        from (
          select from pipeline_internal.outbox o
          where o.endpoint_id = e.endpoint_id and o.type = t.type and o.given_up_at is not null
          order by -o.delivery_no limit 10001) o) g
      left join lateral (
        select o.delivered_at from pipeline_internal.outbox o
        where o.endpoint_id = e.endpoint_id and o.type = t.type and o.delivered_at is not null
        order by -o.delivery_no limit 1) d on true
      left join lateral (
        -- What has waited longest has an error before what was written just now.
        select o.last_error from pipeline_internal.outbox o
        where o.endpoint_id = e.endpoint_id and o.type = t.type and o.delivered_at is null and o.given_up_at is null
        order by -o.delivery_no desc limit 1) f on true
      left join lateral (
        select o.last_error from pipeline_internal.outbox o
        where o.endpoint_id = e.endpoint_id and o.type = t.type and o.given_up_at is not null
        order by -o.delivery_no limit 1) l on true) c) n
  order by e.name;
end $$;
comment on function pipeline_console.endpoints is
  'The endpoints without address and secret: host, events, whether enabled, and their notifications, counted up to '
  '10,001: waiting, with the next attempt, and given up, with the last error; and when the latest was delivered. '
  '@nullable previous_secret_until, next_attempt_at, last_delivered_at, last_error';
select pipeline_internal.open_to_console('pipeline_console.endpoints');

create function pipeline_console.notifications(
  p_endpoint text default null, p_type text default null, p_outcome text default null, p_before_no bigint default null,
  p_limit int default 50
) returns table (
  delivery_no bigint, message_id text, endpoint text, is_endpoint_enabled boolean, type text, outcome text,
  created_at timestamptz, attempt_count int, next_attempt_at timestamptz, delivered_at timestamptz,
  given_up_at timestamptz, last_status int, last_error text, document_id uuid)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_before bigint := coalesce(p_before_no, 9223372036854775807);
  v_limit int := least(greatest(coalesce(p_limit, 50), 1), 200);
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select o.delivery_no, o.message_id, e.name, e.is_enabled, o.type, o.outcome, o.created_at, o.attempt_count,
         case when o.outcome = 'waiting' then o.due_at end, o.delivered_at, o.given_up_at, o.last_status, o.last_error,
         o.document_id
  from pipeline_internal.endpoints e
  cross join unnest(pipeline_internal.notification_types()) t (type)
  -- An event or an outcome may be rare among a million notifications, so each is read for itself.
  cross join lateral (
    (select o.*, 'waiting' as outcome from pipeline_internal.outbox o
     where o.endpoint_id = e.endpoint_id and o.type = t.type and -o.delivery_no > -v_before
       and o.delivered_at is null and o.given_up_at is null and coalesce(p_outcome, 'waiting') = 'waiting'
     order by -o.delivery_no limit v_limit)
    union all
    (select o.*, 'delivered' as outcome from pipeline_internal.outbox o
     where o.endpoint_id = e.endpoint_id and o.type = t.type and -o.delivery_no > -v_before
       and o.delivered_at is not null and coalesce(p_outcome, 'delivered') = 'delivered'
     order by -o.delivery_no limit v_limit)
    union all
    (select o.*, 'given_up' as outcome from pipeline_internal.outbox o
     where o.endpoint_id = e.endpoint_id and o.type = t.type and -o.delivery_no > -v_before
       and o.given_up_at is not null and coalesce(p_outcome, 'given_up') = 'given_up'
     order by -o.delivery_no limit v_limit)) o
  where (p_endpoint is null or e.name = p_endpoint) and (p_type is null or t.type = p_type)
  order by o.delivery_no desc limit v_limit;
end $$;
comment on function pipeline_console.notifications is
  'The outbox without contents, the latest first: what waits, was delivered or was given up, its attempts, the answer '
  'to the last one, and when the next is due. Filtered by endpoint, event and outcome. '
  '@nullable next_attempt_at, delivered_at, given_up_at, last_status, last_error, document_id';
select pipeline_internal.open_to_console('pipeline_console.notifications');

create function pipeline_console.resend_notification(p_delivery_no bigint) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_document_id uuid;
  v_details jsonb;
begin
  perform pipeline_access.require_console_role('operator');
  select o.document_id, jsonb_build_object('endpoint', e.name, 'event', o.type, 'message_id', o.message_id)
  into v_document_id, v_details
  from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
  where o.delivery_no = p_delivery_no;
  if not pipeline_internal.resend_notification(p_delivery_no) then return false; end if;
  perform pipeline_internal.record_console_act('resend_notification', v_document_id, v_details);
  return true;
end $$;
comment on function pipeline_console.resend_notification is
  'Makes an undelivered notification due now, with all its attempts again. False: it was delivered, whereupon its '
  'content was removed, or withdrawn.';
select pipeline_internal.open_to_console('pipeline_console.resend_notification');

create function pipeline_console.resend_notifications(p_endpoint text, p_dry_run boolean default true)
returns table (given_up_count bigint, waiting_count bigint)
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  if not exists (select from pipeline_internal.endpoints e where e.name = p_endpoint) then
    raise exception 'Unknown endpoint: %.', coalesce(p_endpoint, 'null') using errcode = 'no_data_found';
  end if;
  select count(*) filter (where o.given_up_at is not null), count(*) filter (where o.given_up_at is null)
  into given_up_count, waiting_count
  from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
  where e.name = p_endpoint and o.delivered_at is null;
  if not p_dry_run then
    perform pipeline_internal.resend(p_endpoint);
    perform pipeline_internal.record_console_act('resend_notifications', p_details => jsonb_build_object(
      'endpoint', p_endpoint, 'given_up', given_up_count, 'waiting', waiting_count));
  end if;
  return next;
end $$;
comment on function pipeline_console.resend_notifications is
  'Makes every undelivered notification of an endpoint due now, those that were given up included; a dry run only '
  'counts them. @throws no_data_found for an unknown endpoint.';
select pipeline_internal.open_to_console('pipeline_console.resend_notifications');

create function pipeline_console.enable_endpoint(p_endpoint text, p_is_enabled boolean) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  -- The audit entry is that of every changed setting; it names the operator.
  update pipeline_internal.endpoints set is_enabled = p_is_enabled where name = p_endpoint;
  if not found then
    raise exception 'Unknown endpoint: %.', coalesce(p_endpoint, 'null') using errcode = 'no_data_found';
  end if;
end $$;
comment on function pipeline_console.enable_endpoint is
  'Enables or disables an endpoint. A disabled one gets no notifications of new events, and those that wait are kept. '
  '@throws no_data_found for an unknown endpoint.';
select pipeline_internal.open_to_console('pipeline_console.enable_endpoint');
