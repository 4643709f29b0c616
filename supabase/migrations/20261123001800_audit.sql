-- The audit log: actions of users, of visitors and of operators, with their time and network. An entry outlives what it
-- is about, but not the account: for a deleted user it keeps what was done, not by whom.

create table pipeline_internal.audit_log (
  audit_no bigint generated always as identity primary key,
  happened_at timestamptz not null default clock_timestamp(),
  action text not null,
  -- visitor: not signed in, or a caller of the webhook; operator: by SQL, as database_role, or in the console, as
  -- operator_id, whose requests the Data API's role makes.
  actor text not null check (actor in ('user', 'visitor', 'operator')),
  database_role name,
  request_id text,
  -- Details without personal data: a code, a reason, an outcome.
  details jsonb not null default '{}',
  -- The following columns are personal and are cleared when the account is deleted; the network is cleared later
  -- (retention, security_hold).
  user_id uuid references auth.users (id) on delete set null,
  -- The operator who acted in the console; cleared when that account is deleted.
  operator_id uuid references auth.users (id) on delete set null,
  -- The document or the job.
  subject_id uuid,
  -- The network of the request: its address, shortened to a prefix that several callers share.
  network cidr,
  -- For a visitor without an account: a keyed digest of the address that was given.
  email_digest text check (email_digest ~ '^[0-9a-f]{64}$'),
  -- When the account of this entry was deleted.
  account_gone_at timestamptz,
  constraint operators_are_named_by_their_role check ((actor = 'operator') = (database_role is not null)),
  constraint only_operators_act_in_the_console check (operator_id is null or actor = 'operator'),
  -- What operators do is named after the console's function that did it.
  constraint actions_are_known check (
    action in (
      'sign_up', 'sign_in_failed', 'upload', 'delete', 'retry', 'reparse', 'redrive', 'export', 'account_deletion',
      'account_deleted', 'webhook_refused', 'key_rotation', 'setting_changed', 'password_changed', 'consent',
      'allow_support_access', 'withdraw_support_access')
    or (actor = 'operator' and action ~ '^[a-z_]{3,60}$'))
);
comment on table pipeline_internal.audit_log is
  'Append-only. One row per action, written in the transaction of the action where that is SQL. Never contains a '
  'password, a token, an e-mail address or text of a document.';
create index audit_log_happened_at_idx on pipeline_internal.audit_log (happened_at);
create index audit_log_kind_idx on pipeline_internal.audit_log (actor, action, happened_at, audit_no);
create index audit_log_user_id_idx on pipeline_internal.audit_log (user_id, happened_at, audit_no);
create index audit_log_operator_id_idx on pipeline_internal.audit_log (operator_id, happened_at, audit_no)
  where operator_id is not null;
create index audit_log_subject_id_idx on pipeline_internal.audit_log (subject_id, happened_at, audit_no)
  where subject_id is not null;
create index audit_log_held_idx on pipeline_internal.audit_log (account_gone_at)
  where network is not null and account_gone_at is not null;
create index audit_log_refusals_idx on pipeline_internal.audit_log (happened_at) where action = 'webhook_refused';
alter table pipeline_internal.audit_log enable row level security;

create function pipeline_internal.audit_log_least_days() returns int
language sql immutable parallel safe set search_path = '' as $$ select 30 $$;
comment on function pipeline_internal.audit_log_least_days is
  'The number of days for which an audit entry is kept at least, whatever retention says.';

create function pipeline_internal.is_older(p_at timestamptz, p_category text, p_least_days real default 0)
  returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return (
    select p_at < clock_timestamp() - make_interval(secs => 86400 * greatest(r.days, p_least_days))
    from pipeline_internal.retention r where r.category = p_category);
end $$;
comment on function pipeline_internal.is_older is
  'Whether an instant is older than pipeline_internal.retention allows for a category, and older than p_least_days. '
  'Null if retention has no such category.';

create function pipeline_internal.enforce_audit_log_retention() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_user_is_gone boolean :=
    tg_op = 'UPDATE' and old.user_id is not null and not exists (select from auth.users where id = old.user_id);
  v_operator_is_gone boolean :=
    tg_op = 'UPDATE' and old.operator_id is not null
    and not exists (select from auth.users where id = old.operator_id);
begin
  if tg_op = 'DELETE' then
    if pipeline_internal.is_older(old.happened_at, 'audit_log', pipeline_internal.audit_log_least_days()) then
      return old;
    end if;
  -- Whatever the update sets, only these columns change. The foreign keys call this after an account was deleted.
  elsif v_user_is_gone or v_operator_is_gone then
    if v_user_is_gone then
      old.user_id := null;
      old.subject_id := null;
      old.email_digest := null;
      old.account_gone_at := clock_timestamp();
    end if;
    -- An operator may have acted on documents of their own.
    if v_operator_is_gone then
      old.operator_id := null;
    end if;
    return old;
  elsif pipeline_internal.is_older(old.account_gone_at, 'security_hold') then
    old.network := null;
    return old;
  end if;
  raise exception 'audit_log is append-only' using errcode = 'insufficient_privilege';
end $$;
comment on function pipeline_internal.enforce_audit_log_retention is
  'Allows the deletion of an audit entry only after the days of pipeline_internal.retention, and never within 30 days; '
  'allows an update only to clear the personal columns of a deleted account, a deleted operator, and the network after '
  'the security hold.';
create trigger append_only before update or delete on pipeline_internal.audit_log
  for each row execute function pipeline_internal.enforce_audit_log_retention();
create trigger no_truncate before truncate on pipeline_internal.audit_log
  for each statement execute function pipeline_internal.forbid_change();

create function pipeline_internal.record_audit_entry(
  p_action text, p_user_id uuid default null, p_subject_id uuid default null, p_request_id text default null,
  p_network cidr default null, p_details jsonb default '{}', p_actor text default null, p_email_digest text default null
) returns void
language plpgsql set search_path = '' as $$
declare
  v_actor text := coalesce(p_actor, case when p_request_id is null then 'operator' else 'user' end);
begin
  insert into pipeline_internal.audit_log (
    action, actor, database_role, operator_id, request_id, details, user_id, subject_id, network, email_digest)
  values (
    p_action, v_actor, case when v_actor = 'operator' then session_user end,
    -- The user of the request, which is there only in the console.
    case when v_actor = 'operator' then (select id from auth.users where id = auth.uid()) end,
    left(p_request_id, 200), p_details,
    -- Auth invents a user so as not to reveal that an address is taken.
    (select id from auth.users where id = p_user_id), p_subject_id, p_network, p_email_digest);
end $$;
comment on function pipeline_internal.record_audit_entry is
  'Writes an audit entry. An entry without a request id is an operator''s, named by the database role, and in the '
  'console by the user: select '
  'pipeline_internal.record_audit_entry(''key_rotation'', p_details => ''{"key": "WORKER_SECRET"}'').';

create function pipeline_internal.record_failed_sign_in(
  p_email text, p_email_digest text, p_code text, p_request_id text, p_network cidr
) returns void
language plpgsql set search_path = '' as $$
declare
  v_user_id uuid := (select id from auth.users where email = lower(p_email) and is_sso_user = false);
begin
  perform pipeline_internal.record_audit_entry(
    'sign_in_failed', v_user_id, p_request_id => p_request_id, p_network => p_network,
    p_details => jsonb_build_object('code', p_code), p_actor => 'visitor',
    p_email_digest => case when v_user_id is null then p_email_digest end);
end $$;
comment on function pipeline_internal.record_failed_sign_in is
  'Records a failed sign-in: with the account, or with a digest of the address if it has no account. The address '
  'itself is not stored.';

create function pipeline_internal.redrive(p_job_id uuid) returns boolean
language plpgsql set search_path = '' as $$
begin
  -- Lock order: the user before the user's rows; see end_work_of_account.
  perform from auth.users u
  where u.id = (select j.user_id from upload_pipeline.upload_jobs j where j.job_id = p_job_id) for key share;
  if not pipeline_internal.redrive_job(p_job_id) then return false; end if;
  perform pipeline_internal.record_audit_entry('redrive', j.user_id, j.job_id) from upload_pipeline.upload_jobs j
  where j.job_id = p_job_id;
  return true;
end $$;
comment on function pipeline_internal.redrive is
  'For operators: takes the job out of the dead letter, and writes an audit entry with the role. False: the job is not '
  'in the dead letter.';

create function pipeline_internal.refuse_delivery(p_reason text, p_request_id text, p_network cidr default null)
returns void
language sql set search_path = '' as $$
  select pipeline_internal.record_audit_entry(
    'webhook_refused', p_request_id => p_request_id, p_network => p_network, p_actor => 'visitor',
    p_details => jsonb_build_object('reason', left(p_reason, 200)))
$$;
comment on function pipeline_internal.refuse_delivery is
  'Records a refused call of the webhook: unsigned, forged, malformed or too large.';

create function pipeline_internal.webhook_summary()
returns table (last_delivery_at timestamptz, deliveries_24h bigint, refused_24h bigint)
language sql stable set search_path = '' as $$
  select (select max(received_at) from pipeline_internal.deliveries),
         (select count(*) from pipeline_internal.deliveries where received_at > now() - interval '24 hours'),
         (select count(*) from pipeline_internal.audit_log
          where action = 'webhook_refused' and happened_at > now() - interval '24 hours')
$$;

revoke execute on function
  pipeline_internal.enforce_audit_log_retention, pipeline_internal.record_audit_entry,
  pipeline_internal.record_failed_sign_in,
  pipeline_internal.redrive, pipeline_internal.refuse_delivery, pipeline_internal.webhook_summary
  from public, anon, authenticated, service_role;
