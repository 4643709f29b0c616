-- Counts wrong passwords per account: in Auth by a hook, where the project has one, and in the API. Each counts for
-- itself, up to the same limit.

alter table pipeline_internal.limits
  add column wrong_passwords_per_account int not null default 20 check (wrong_passwords_per_account > 0);
comment on column pipeline_internal.limits.wrong_passwords_per_account is
  'Wrong passwords of one account within sign_in_window_seconds. Beyond it the account takes no password until the '
  'window ends.';

create unlogged table pipeline_internal.pending_sign_ins (
  sign_in_no bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  started_at timestamptz not null default clock_timestamp(),
  -- Whether the hook has run for a password of this account, possibly of another sign-in: only the number counts.
  is_seen_by_hook boolean not null default false
);
comment on table pipeline_internal.pending_sign_ins is
  'Sign-ins that the API has begun, and records itself with the caller''s network, so the hook must not.';
create index pending_sign_ins_user_id_idx on pipeline_internal.pending_sign_ins (user_id, sign_in_no);
alter table pipeline_internal.pending_sign_ins enable row level security;

create function pipeline_internal.lock_sign_ins(p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.pending_sign_ins:' || p_user_id, 0));
end $$;
comment on function pipeline_internal.lock_sign_ins is
  'Until the end of the transaction, no other transaction can mark or end a pending sign-in of this account.';

create function pipeline_internal.begin_sign_in(
  p_email text, p_email_digest text,
  out limit_name text, out allowed boolean, out limit_value int, out remaining int, out reset_seconds int,
  out user_id uuid, out sign_in_no bigint
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_window_seconds int;
  v_taken record;
begin
  select 'wrong_passwords_per_account', l.wrong_passwords_per_account, l.sign_in_window_seconds
  into strict limit_name, limit_value, v_window_seconds from pipeline_internal.limits l;
  v_taken := pipeline_internal.consume_rate_limit('account:' || p_email_digest, limit_value, v_window_seconds);
  allowed := v_taken.allowed;
  remaining := v_taken.remaining;
  reset_seconds := v_taken.reset_seconds;
  if allowed then
    insert into pipeline_internal.pending_sign_ins as a (user_id)
    select u.id from auth.users u where u.email = lower(p_email) and not u.is_sso_user
    returning a.user_id, a.sign_in_no into user_id, sign_in_no;
  end if;
end $$;
comment on function pipeline_internal.begin_sign_in is
  'Begins a sign-in through the API. It counts as a wrong password for the address, whether or not an account has it, '
  'until end_sign_in decides.';

create function pipeline_internal.end_sign_in(
  p_user_id uuid, p_sign_in_no bigint, p_email_digest text, p_outcome text
) returns void
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.lock_sign_ins(p_user_id);
  delete from pipeline_internal.pending_sign_ins
  where sign_in_no = (
    -- Prefers a sign-in that the hook has seen, because the hook may have marked it for the password of another one.
    select a.sign_in_no from pipeline_internal.pending_sign_ins a
    where a.user_id = p_user_id and (a.is_seen_by_hook or a.sign_in_no = p_sign_in_no)
    order by a.is_seen_by_hook desc, a.sign_in_no = p_sign_in_no desc limit 1);
  if p_outcome = 'right' then
    delete from pipeline_internal.rate_limits where key = 'account:' || p_email_digest;
  elsif p_outcome = 'unknown' then
    update pipeline_internal.rate_limits set used_count = used_count - 1
    where key = 'account:' || p_email_digest and used_count > 0;
  end if;
end $$;
comment on function pipeline_internal.end_sign_in is
  'Ends a sign-in through the API. right: resets the count; wrong: keeps it; unknown: takes this attempt back, because '
  'Auth did not judge the password.';

create function pipeline_internal.password_verification_attempt(event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id uuid := (event ->> 'user_id')::uuid;
  v_is_right boolean := (event ->> 'valid')::boolean;
  v_key text := 'wrong-passwords:' || v_user_id;
  v_limits pipeline_internal.limits;
  v_taken record;
  v_is_pending boolean;
begin
  select * into strict v_limits from pipeline_internal.limits;
  perform pipeline_internal.lock_sign_ins(v_user_id);
  update pipeline_internal.pending_sign_ins set is_seen_by_hook = true
  where sign_in_no = (
    select a.sign_in_no from pipeline_internal.pending_sign_ins a
    where a.user_id = v_user_id and not a.is_seen_by_hook and a.started_at > clock_timestamp() - interval '1 minute'
    order by a.sign_in_no limit 1);
  v_is_pending := found;

  if v_is_right then
    delete from pipeline_internal.rate_limits
    where key = v_key and (used_count < v_limits.wrong_passwords_per_account or resets_at <= clock_timestamp());
    if not exists (select from pipeline_internal.rate_limits where key = v_key) then
      return jsonb_build_object('decision', 'continue');
    end if;
  else
    v_taken := pipeline_internal.consume_rate_limit(
      v_key, v_limits.wrong_passwords_per_account, v_limits.sign_in_window_seconds);
    if v_taken.allowed then
      if not v_is_pending then
        perform pipeline_internal.record_audit_entry(
          'sign_in_failed', v_user_id, p_actor => 'visitor',
          p_details => '{"code": "invalid_credentials", "route": "auth/v1"}');
      end if;
      return jsonb_build_object('decision', 'continue');
    end if;
  end if;
  -- Existing sessions continue; otherwise anyone could sign out any user.
  return jsonb_build_object('error', jsonb_build_object(
    'http_code', 429, 'message', 'Too many wrong passwords for this account. Try again later.'));
end $$;
comment on function pipeline_internal.password_verification_attempt is
  'Auth''s hook (password verification attempt): counts wrong passwords of an account through every route, records '
  'those that the API does not record, and beyond the limit accepts no password until the window ends. Runs as its '
  'owner: Auth, which calls it, has no rights on the pipeline.';

revoke execute on function
  pipeline_internal.lock_sign_ins, pipeline_internal.begin_sign_in, pipeline_internal.end_sign_in,
  pipeline_internal.password_verification_attempt
  from public, anon, authenticated, service_role;
grant usage on schema pipeline_internal to supabase_auth_admin;
grant execute on function pipeline_internal.password_verification_attempt to supabase_auth_admin;
