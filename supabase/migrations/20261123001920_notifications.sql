-- Notifications to endpoints outside the project. The transaction that an event belongs to writes them to the outbox,
-- and the worker sends them, signed as standardwebhooks.com specifies. pg_net would send each once without knowing
-- whether it arrived; the worker sees the answer, retries, and refuses private hosts. Operators configure the
-- endpoints; users have none of their own.

create function pipeline_internal.notification_types() returns text[]
language sql immutable parallel safe set search_path = '' as $$
  select array[
    'document.completed', 'document.failed', 'document.deleted', 'account.deleted', 'alert.opened', 'alert.closed',
    'audit.recorded']
$$;
comment on function pipeline_internal.notification_types is 'The events to which an endpoint can subscribe.';

create table pipeline_internal.endpoints (
  endpoint_id uuid primary key default gen_random_uuid(),
  name text not null unique check (name ~ '^[a-z0-9_-]{1,60}$'),
  url text not null check (url ~ '^https?://'),
  -- standard: {type, timestamp, data}; slack: {text}, for Slack's incoming webhooks and compatible ones.
  format text not null default 'standard' check (format in ('standard', 'slack')),
  events text[] not null check (events <@ pipeline_internal.notification_types() and events <> '{}'),
  is_enabled boolean not null default true,
  -- Until then, notifications are also signed with the replaced secret.
  previous_secret_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint audit_log_is_for_programs check (format = 'standard' or not 'audit.recorded' = any (events))
);
comment on table pipeline_internal.endpoints is
  'The endpoints and the events that they subscribe to. The secret of each is in Vault as '
  'pipeline_endpoint_<endpoint_id>, and the replaced secret as …_previous.';
alter table pipeline_internal.endpoints enable row level security;

create table pipeline_internal.outbox (
  delivery_no bigint generated always as identity primary key,
  -- The same at every attempt, so that a receiver recognizes repetitions.
  message_id text not null,
  endpoint_id uuid not null references pipeline_internal.endpoints on delete cascade,
  type text not null,
  -- Null after delivery, and for an audit entry, whose row is read when it is sent.
  body text,
  audit_no bigint,
  -- The user and the document that the notification is about; it is withdrawn when they are deleted.
  user_id uuid,
  document_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  attempt_count int not null default 0,
  delivered_at timestamptz,
  given_up_at timestamptz,
  -- The answer to the last attempt, and why it was not accepted.
  last_status int,
  last_error text,
  unique (endpoint_id, message_id),
  constraint what_waits_has_a_body check (num_nonnulls(body, audit_no) = 1 or delivered_at is not null)
);
comment on table pipeline_internal.outbox is
  'One row per notification and endpoint. Delivered at least once, in no particular order; given up after twelve '
  'attempts, in about a day.';
create index outbox_due_idx on pipeline_internal.outbox (due_at) where delivered_at is null and given_up_at is null;
create index outbox_user_id_idx on pipeline_internal.outbox (user_id) where user_id is not null;
create index outbox_document_id_idx on pipeline_internal.outbox (document_id) where document_id is not null;
create index outbox_created_at_idx on pipeline_internal.outbox (created_at);
create index outbox_given_up_at_idx on pipeline_internal.outbox (given_up_at) where given_up_at is not null;
-- The console lists them by endpoint, event and outcome, the latest first; a row is in one of these at a time. The
-- negative number is an order that the primary key does not offer: Postgres would otherwise read that one backwards,
-- through all notifications, in search of a rare one.
create index outbox_waiting_idx on pipeline_internal.outbox (endpoint_id, type, (-delivery_no))
  where delivered_at is null and given_up_at is null;
create index outbox_delivered_idx on pipeline_internal.outbox (endpoint_id, type, (-delivery_no))
  where delivered_at is not null;
create index outbox_given_up_idx on pipeline_internal.outbox (endpoint_id, type, (-delivery_no))
  where given_up_at is not null;
alter table pipeline_internal.outbox enable row level security;

create function pipeline_internal.endpoint_secret_name(p_endpoint_id uuid) returns text
language sql immutable strict parallel safe set search_path = '' as $$ select 'pipeline_endpoint_' || p_endpoint_id $$;

create function pipeline_internal.endpoint_secret(p_endpoint_id uuid) returns text
language sql stable set search_path = '' as $$
  select s.decrypted_secret from vault.decrypted_secrets s
  where s.name = pipeline_internal.endpoint_secret_name(p_endpoint_id)
$$;

create function pipeline_internal.previous_endpoint_secret(p_endpoint_id uuid) returns text
language sql stable set search_path = '' as $$
  select s.decrypted_secret from vault.decrypted_secrets s
  where s.name = pipeline_internal.endpoint_secret_name(p_endpoint_id) || '_previous'
$$;

create function pipeline_internal.new_endpoint_secret(p_given text) returns text
language plpgsql set search_path = '' as $$
declare
  v_secret text := coalesce(p_given, 'whsec_' || encode(extensions.gen_random_bytes(24), 'base64'));
begin
  if v_secret !~ '^whsec_[A-Za-z0-9+/]{32,}={0,2}$' then
    raise exception 'the secret must be whsec_ followed by at least 24 bytes in base64'
      using errcode = 'invalid_parameter_value';
  end if;
  return v_secret;
end $$;
comment on function pipeline_internal.new_endpoint_secret is
  'The operator''s secret in the form of standardwebhooks.com, or a generated one.';

create function pipeline_internal.add_endpoint(
  p_name text, p_url text, p_events text[], p_format text default 'standard', p_secret text default null
) returns text
language plpgsql set search_path = '' as $$
declare
  v_endpoint_id uuid;
  v_secret text := pipeline_internal.new_endpoint_secret(p_secret);
begin
  insert into pipeline_internal.endpoints (name, url, events, format) values (p_name, p_url, p_events, p_format)
  returning endpoint_id into v_endpoint_id;
  perform vault.create_secret(v_secret, pipeline_internal.endpoint_secret_name(v_endpoint_id));
  return v_secret;
end $$;
comment on function pipeline_internal.add_endpoint is
  'Subscribes an endpoint to events: document.completed, document.failed, document.deleted, account.deleted, '
  'alert.opened, alert.closed, audit.recorded. Returns the secret with which the endpoint verifies notifications.';

create function pipeline_internal.rotate_endpoint_secret(
  p_name text, p_overlap interval default '1 day', p_secret text default null
) returns text
language plpgsql set search_path = '' as $$
declare
  v_endpoint_id uuid;
  v_present text;
  v_secret text := pipeline_internal.new_endpoint_secret(p_secret);
begin
  if p_overlap is null or p_overlap < interval '0' or p_overlap > interval '30 days' then
    raise exception 'the overlap must be between 0 and 30 days' using errcode = 'invalid_parameter_value';
  end if;
  update pipeline_internal.endpoints set previous_secret_until = clock_timestamp() + p_overlap
  where name = p_name
  returning endpoint_id into v_endpoint_id;
  if not found then
    raise exception 'unknown endpoint: %', p_name using errcode = 'no_data_found';
  end if;
  v_present := pipeline_internal.endpoint_secret(v_endpoint_id);
  delete from vault.secrets
  where name in (
    pipeline_internal.endpoint_secret_name(v_endpoint_id),
    pipeline_internal.endpoint_secret_name(v_endpoint_id) || '_previous');
  perform vault.create_secret(v_secret, pipeline_internal.endpoint_secret_name(v_endpoint_id));
  if v_present is not null then
    perform vault.create_secret(v_present, pipeline_internal.endpoint_secret_name(v_endpoint_id) || '_previous');
  end if;
  return v_secret;
end $$;
comment on function pipeline_internal.rotate_endpoint_secret is
  'Gives the endpoint a new secret and returns it. During the overlap, up to 30 days, each notification has two '
  'signatures, so that a receiver with either secret accepts it, and no pending notification is lost.';

create function pipeline_internal.purge_replaced_secrets() returns bigint
language sql set search_path = '' as $$
  with over as (
    update pipeline_internal.endpoints set previous_secret_until = null
    where previous_secret_until < clock_timestamp()
    returning endpoint_id),
  gone as (
    delete from vault.secrets s using over
    where s.name = pipeline_internal.endpoint_secret_name(over.endpoint_id) || '_previous'
    returning 1)
  select count(*) from gone
$$;
comment on function pipeline_internal.purge_replaced_secrets is 'Removes secrets from Vault after their overlap.';

create function pipeline_internal.remove_endpoint(p_name text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_endpoint_id uuid;
begin
  delete from pipeline_internal.endpoints where name = p_name returning endpoint_id into v_endpoint_id;
  if not found then return false; end if;
  delete from vault.secrets
  where name in (
    pipeline_internal.endpoint_secret_name(v_endpoint_id),
    pipeline_internal.endpoint_secret_name(v_endpoint_id) || '_previous');
  return true;
end $$;
comment on function pipeline_internal.remove_endpoint is
  'Removes an endpoint with its pending notifications and its secret. False: there is no endpoint of this name.';

create function pipeline_internal.has_due_notifications() returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
    where o.due_at <= clock_timestamp() and o.delivered_at is null and o.given_up_at is null and e.is_enabled)
$$;

create function pipeline_internal.envelope(p_type text, p_at timestamptz, p_data jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'type', p_type, 'timestamp', to_char(p_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', p_data)
$$;
comment on function pipeline_internal.envelope is 'The body of a notification, as standardwebhooks.com specifies it.';

create function pipeline_internal.notify(p_type text, p_data jsonb, p_text text) returns bigint
language plpgsql set search_path = '' as $$
declare
  v_message_id text := 'msg_' || replace(gen_random_uuid()::text, '-', '');
  v_is_called boolean;
  v_count bigint;
begin
  if not exists (select from pipeline_internal.endpoints where is_enabled and p_type = any (events)) then
    return 0;
  end if;

  -- If a notification is due already, its transaction has called the worker, which continues until none is left.
  v_is_called := pipeline_internal.has_due_notifications();
  insert into pipeline_internal.outbox (message_id, endpoint_id, type, user_id, document_id, audit_no, body)
  select v_message_id, e.endpoint_id, p_type, (p_data ->> 'user_id')::uuid, (p_data ->> 'document_id')::uuid,
         (p_data ->> 'audit_no')::bigint,
         case
           when p_data ? 'audit_no' then null
           when e.format = 'slack' then jsonb_build_object('text', p_text)
           else pipeline_internal.envelope(p_type, clock_timestamp(), p_data)
         end::text
  from pipeline_internal.endpoints e
  where e.is_enabled and p_type = any (e.events);
  get diagnostics v_count = row_count;
  if not v_is_called then
    perform pipeline_internal.call_worker('notify');
  end if;
  return v_count;
end $$;
comment on function pipeline_internal.notify is
  'Writes a notification for every subscribed endpoint; the worker sends it after this transaction commits. p_text: '
  'the same for people. Returns the number of endpoints.';

create function pipeline_internal.withdraw_notifications(p_user_id uuid default null, p_document_id uuid default null)
returns void
language sql set search_path = '' as $$
  delete from pipeline_internal.outbox
  where (user_id = p_user_id or document_id = p_document_id) and type not in ('document.deleted', 'account.deleted')
$$;
comment on function pipeline_internal.withdraw_notifications is
  'Removes the notifications about a document, or about a user and their documents, except those of the deletion '
  'itself. One that is being sent still arrives, but is not sent again.';

create function pipeline_internal.begin_notifications(p_count int)
returns table (
  delivery_no bigint, attempt_count int, message_id text, endpoint text, url text, secret text, previous_secret text,
  body text)
language sql set search_path = '' as $$
  update pipeline_internal.outbox o
  -- The notification is due again if no call of end_notification follows.
  set attempt_count = o.attempt_count + 1, due_at = clock_timestamp() + interval '1 minute'
  from pipeline_internal.endpoints e
  where e.endpoint_id = o.endpoint_id and o.delivery_no in (
    select due.delivery_no
    from pipeline_internal.outbox due join pipeline_internal.endpoints of using (endpoint_id)
    where due.due_at <= clock_timestamp() and due.delivered_at is null and due.given_up_at is null and of.is_enabled
    -- New notifications do not wait behind failed ones.
    order by due.attempt_count, due.due_at
    limit p_count
    for update of due skip locked)
  returning o.delivery_no, o.attempt_count, o.message_id, e.name, e.url,
    pipeline_internal.endpoint_secret(e.endpoint_id),
    case when e.previous_secret_until > clock_timestamp()
      then pipeline_internal.previous_endpoint_secret(e.endpoint_id) end,
    case
      when o.audit_no is null then o.body
      else (
        select pipeline_internal.envelope(o.type, coalesce(a.happened_at, o.created_at),
          coalesce(to_jsonb(a), to_jsonb(missing)))::text
        from (select o.audit_no) missing left join pipeline_internal.audit_log a using (audit_no))
    end
$$;
comment on function pipeline_internal.begin_notifications is
  'Begins an attempt at each notification that is due and leases it for a minute; those without attempts come first.';

create function pipeline_internal.end_notification(p_delivery_no bigint, p_attempt int, p_status int, p_error text)
returns void
language plpgsql set search_path = '' as $$
declare
  v_endpoint_id uuid;
begin
  update pipeline_internal.outbox o
  set last_status = p_status, last_error = left(p_error, 500),
      delivered_at = case when p_error is null then clock_timestamp() end,
      body = case when p_error is not null then o.body end,
      audit_no = case when p_error is not null then o.audit_no end,
      user_id = case when p_error is not null or o.type not in ('document.deleted', 'account.deleted')
        then o.user_id end,
      document_id = case when p_error is not null or o.type <> 'document.deleted' then o.document_id end,
      given_up_at = case when p_error is not null and (o.attempt_count >= 12 or p_status = 410)
        then clock_timestamp() end,
      -- 5, 15, 45 seconds and so on, up to six hours.
      due_at = clock_timestamp() + make_interval(
        secs => least(21600, 5 * power(3, least(o.attempt_count, 12) - 1)) * (0.8 + 0.4 * random()))
  where o.delivery_no = p_delivery_no and o.attempt_count = p_attempt and o.delivered_at is null
  returning o.endpoint_id into v_endpoint_id;

  -- 410 means that the endpoint is gone for good.
  if found and p_status = 410 then
    update pipeline_internal.endpoints set is_enabled = false where endpoint_id = v_endpoint_id;
  end if;
end $$;
comment on function pipeline_internal.end_notification is
  'Ends an attempt: without an error the notification was delivered, and its content is removed; otherwise it is '
  'retried, up to twelve times. An endpoint that answers 410 is disabled. No effect if another attempt has begun.';

create function pipeline_internal.resend(p_endpoint text) returns bigint
language sql set search_path = '' as $$
  with again as (
    update pipeline_internal.outbox o
    set given_up_at = null, attempt_count = 0, due_at = clock_timestamp()
    from pipeline_internal.endpoints e
    where e.endpoint_id = o.endpoint_id and e.name = p_endpoint and o.delivered_at is null
    returning 1
  ) select count(*) from again
$$;
comment on function pipeline_internal.resend is
  'Makes every undelivered notification of this endpoint due now, including those that were given up; the sweeper '
  'wakes the worker. Returns their number.';

create function pipeline_internal.resend_notification(p_delivery_no bigint) returns boolean
language sql set search_path = '' as $$
  with again as (
    update pipeline_internal.outbox o
    set given_up_at = null, attempt_count = 0, due_at = clock_timestamp()
    where o.delivery_no = p_delivery_no and o.delivered_at is null
    returning 1
  ) select exists (select from again)
$$;
comment on function pipeline_internal.resend_notification is
  'Makes one undelivered notification due now, as resend does for all of an endpoint. False: it was delivered, or was '
  'withdrawn.';

create function pipeline_internal.on_document_ended() returns trigger
language plpgsql set search_path = '' as $$
declare
  -- Null if there are none, so that the field is left out.
  v_warnings jsonb := (
    select nullif(warnings, '[]') from upload_pipeline.documents
    where document_id = new.document_id and new.type = 'status');
begin
  perform pipeline_internal.notify(
    case when new.type = 'failure' then 'document.failed' else 'document.completed' end,
    jsonb_strip_nulls(jsonb_build_object(
      'document_id', new.document_id, 'job_id', new.job_id, 'user_id', new.user_id, 'status', new.status,
      'code', new.code, 'message', new.message, 'reference', case when new.type = 'failure' then new.event_id end,
      'request_id', new.correlation_id, 'warnings', v_warnings)),
    case when new.type = 'failure'
         then format('Document %s failed: %s (%s)', new.document_id, new.message, new.code)
         else format('Document %s is searchable%s.', new.document_id, (
           select ', with warnings: ' || string_agg(w ->> 'message', '; ')
           from jsonb_array_elements(v_warnings) w)) end);
  return null;
end $$;
create trigger notify_document_ended after insert on upload_pipeline.events
  for each row when (new.type = 'failure' or (new.type = 'status' and new.status = 'complete'))
  execute function pipeline_internal.on_document_ended();

create function pipeline_internal.notify_audit_entry() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.notify('audit.recorded', jsonb_build_object('audit_no', new.audit_no), null);
  return null;
end $$;
comment on function pipeline_internal.notify_audit_entry is
  'Notifies endpoints that archive the audit log. The entry is read when it is sent, so personal data that was cleared '
  'before is not sent.';
create trigger notify_audit_entry after insert on pipeline_internal.audit_log
  for each row execute function pipeline_internal.notify_audit_entry();

create function pipeline_internal.notify_document_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_internal.withdraw_notifications(p_document_id => old.document_id);
  perform pipeline_internal.notify(
    'document.deleted', jsonb_build_object('document_id', old.document_id, 'user_id', old.user_id),
    format('Document %s was deleted.', old.document_id));
  return null;
end $$;
comment on function pipeline_internal.notify_document_deleted is
  'Notifies of the deletion of a document, alone or with its owner''s account, and withdraws earlier notifications '
  'about it. Runs as its owner: when an account is deleted, Postgres calls this as Auth.';
create trigger notify_document_deleted after delete on upload_pipeline.documents
  for each row execute function pipeline_internal.notify_document_deleted();

revoke execute on all functions in schema pipeline_internal from public;
