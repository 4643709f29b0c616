-- How much one caller may ask for. The counts live here, so that they hold across all isolates and under any concurrency.

alter table pipeline_internal.limits
  add column sign_in_attempts_per_address int not null default 30 check (sign_in_attempts_per_address > 0),
  add column sign_in_window_seconds int not null default 600 check (sign_in_window_seconds > 0);
comment on column pipeline_internal.limits.sign_in_attempts_per_address is
  'Attempts to sign in or up from one address, and as many to refresh a session.';
comment on column pipeline_internal.limits.sign_in_window_seconds is
  'The window in which attempts and wrong passwords are counted.';

-- Unlogged: a crash of the database forgives what was counted, and counting writes no WAL.
create unlogged table pipeline_internal.rate_limits (
  key text primary key,
  used_count int not null,
  resets_at timestamptz not null
) with (fillfactor = 50);
comment on table pipeline_internal.rate_limits is
  'What each caller has used in the window that began with their first request.';
alter table pipeline_internal.rate_limits enable row level security;

create function pipeline_internal.consume_rate_limit(
  p_key text, p_limit int, p_window_seconds int, p_count int default 1,
  out allowed boolean, out remaining int, out reset_seconds int
)
language plpgsql set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
  v_used_count int;
  v_resets_at timestamptz;
begin
  insert into pipeline_internal.rate_limits as a (key, used_count, resets_at)
  values (p_key, p_count, v_now + make_interval(secs => p_window_seconds))
  on conflict (key) do update
    set used_count = case when a.resets_at <= v_now then p_count else a.used_count + p_count end,
        resets_at = case when a.resets_at <= v_now then excluded.resets_at else a.resets_at end
    where a.resets_at <= v_now or a.used_count < p_limit
  returning a.used_count, a.resets_at into v_used_count, v_resets_at;
  allowed := found;

  if not allowed then
    -- Refused: nothing was written, and the row is ours until this transaction ends.
    select a.used_count, a.resets_at into strict v_used_count, v_resets_at
    from pipeline_internal.rate_limits a where a.key = p_key;
  end if;
  remaining := greatest(0, p_limit - v_used_count);
  reset_seconds := greatest(1, ceil(extract(epoch from v_resets_at - v_now)))::int;
end $$;
comment on function pipeline_internal.consume_rate_limit is
  'Takes one from the key''s rate limit: exactly p_limit are allowed in a window, which begins with the first and whose end is reset_seconds away. A refusal takes nothing. Of p_count at once the last may pass the limit: what is allowed is whatever begins before it is reached.';

create function pipeline_internal.consume_paid_request(
  p_user_id uuid, out limit_name text, out limit_value int, out retry_after_seconds int
)
language plpgsql set search_path = '' as $$
declare
  v_limits pipeline_internal.limits;
  v_taken record;
begin
  select * into strict v_limits from pipeline_internal.limits;
  select ceil(extract(epoch from a.resets_at - clock_timestamp()))::int into retry_after_seconds
  from pipeline_internal.rate_limits a
  where a.key = 'pages:' || p_user_id and a.resets_at > clock_timestamp() and a.used_count >= v_limits.pages_per_user_per_day;
  if found then
    limit_name := 'pages_per_user_per_day';
    limit_value := v_limits.pages_per_user_per_day;
    return;
  end if;
  v_taken := pipeline_internal.consume_rate_limit('uploads:' || p_user_id, v_limits.uploads_per_user_per_day, 86400);
  if not v_taken.allowed then
    limit_name := 'uploads_per_user_per_day';
    limit_value := v_limits.uploads_per_user_per_day;
    retry_after_seconds := v_taken.reset_seconds;
  end if;
end $$;
comment on function pipeline_internal.consume_paid_request is
  'Counts that a user has a document worked on, which may cost money, by whatever route. limit_name: the limit of the day that refuses it, in which case nothing was taken; null: allowed.';

create function pipeline_internal.consume_pages(p_user_id uuid, p_count int) returns int
language plpgsql set search_path = '' as $$
declare
  v_taken record;
begin
  v_taken := pipeline_internal.consume_rate_limit(
    'pages:' || p_user_id, (select l.pages_per_user_per_day from pipeline_internal.limits l), 86400, p_count);
  return case when not v_taken.allowed then v_taken.reset_seconds end;
end $$;
comment on function pipeline_internal.consume_pages is
  'Counts what the parser is about to be asked to read for a user. The seconds to wait if they have had as many pages read as one may in a day, in which case nothing was taken; null: allowed.';

create function pipeline_internal.consume_request(
  p_user_id uuid, p_polled_id uuid default null,
  out limit_name text, out allowed boolean, out limit_value int, out remaining int, out reset_seconds int
)
language plpgsql set search_path = '' as $$
declare
  v_polls_per_minute int;
  v_taken record;
begin
  perform pipeline_internal.require_account(p_user_id);
  select l.requests_per_user_per_hour, l.status_polls_per_minute into strict limit_value, v_polls_per_minute
  from pipeline_internal.limits l;
  limit_name := 'requests_per_user_per_hour';
  v_taken := pipeline_internal.consume_rate_limit('requests:' || p_user_id, limit_value, 3600);

  -- Of a request that both limits count, the answer tells the nearer one: that of the polls.
  if v_taken.allowed and p_polled_id is not null then
    limit_name := 'status_polls_per_minute';
    limit_value := v_polls_per_minute;
    v_taken := pipeline_internal.consume_rate_limit('polls:' || p_user_id || ':' || p_polled_id, limit_value, 60);
  end if;
  allowed := v_taken.allowed;
  remaining := v_taken.remaining;
  reset_seconds := v_taken.reset_seconds;
end $$;
comment on function pipeline_internal.consume_request is
  'Counts a signed-in user''s request, and one for the status of p_polled_id against that document''s polls too. Tells of the limit that refused, or else of the nearest. PT401 for a user whose account is gone.';

create function pipeline_internal.consume_attempt(p_kind text, p_address text)
returns table (limit_name text, allowed boolean, limit_value int, remaining int, reset_seconds int)
language sql set search_path = '' as $$
  select 'sign_in_attempts_per_address', t.allowed, l.sign_in_attempts_per_address, t.remaining, t.reset_seconds
  from pipeline_internal.limits l
  cross join lateral pipeline_internal.consume_rate_limit(
    p_kind || ':' || p_address, l.sign_in_attempts_per_address, l.sign_in_window_seconds) t
$$;
comment on function pipeline_internal.consume_attempt is
  'Counts what somebody not signed in attempts from an address, which is shown as a digest. p_kind: sign-in or refresh.';

-- Requests that their senders may repeat: the answer to the first is kept and given again.
create table pipeline_internal.idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  key text not null check (char_length(key) between 1 and 255),
  request_sha256 text not null check (request_sha256 ~ '^[0-9a-f]{64}$'),
  -- Null while the first request is at work, which prolongs its claim to the key; if it dies, the claim soon ends.
  answer jsonb,
  claimed_until timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, key)
);
comment on table pipeline_internal.idempotency_keys is
  'One row for each Idempotency-Key of a user, for a day: what was asked with it, and what was answered.';
create index idempotency_keys_created_at_idx on pipeline_internal.idempotency_keys (created_at);
alter table pipeline_internal.idempotency_keys enable row level security;

create function pipeline_internal.claim_expiry() returns timestamptz
language sql volatile set search_path = '' as $$ select clock_timestamp() + interval '15 seconds' $$;
comment on function pipeline_internal.claim_expiry is 'When a claim to a key ends that is made or prolonged now.';

create function pipeline_internal.claim_key(p_user_id uuid, p_key text, p_request_sha256 text)
returns table (outcome text, answer jsonb, free_in_seconds int)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_known pipeline_internal.idempotency_keys;
begin
  insert into pipeline_internal.idempotency_keys as k (user_id, key, request_sha256, claimed_until)
  values (p_user_id, p_key, p_request_sha256, pipeline_internal.claim_expiry())
  on conflict (user_id, key) do update
    set request_sha256 = excluded.request_sha256, answer = null, claimed_until = excluded.claimed_until,
        created_at = v_now
    where k.created_at < v_now - interval '1 day'
      or (k.answer is null and k.claimed_until <= v_now and k.request_sha256 = excluded.request_sha256);
  if found then
    return query select 'claimed', null::jsonb, null::int;
    return;
  end if;

  select * into strict v_known from pipeline_internal.idempotency_keys k
  where k.user_id = p_user_id and k.key = p_key;
  return query
    select case
             when v_known.request_sha256 <> p_request_sha256 then 'reused'
             when v_known.answer is null then 'in_use'
             else 'answered'
           end,
           case when v_known.request_sha256 = p_request_sha256 then v_known.answer end,
           greatest(1, ceil(extract(epoch from v_known.claimed_until - v_now)))::int;
end $$;
comment on function pipeline_internal.claim_key is
  'claimed: do the work, then keep or release; answered: here is what the first request was told; in_use: the first is at work, or died and has the key for free_in_seconds yet; reused: the key stands for another request. A claim lasts 15 s, unless extend_key prolongs it.';

create function pipeline_internal.extend_key(p_user_id uuid, p_key text) returns void
language sql set search_path = '' as $$
  update pipeline_internal.idempotency_keys set claimed_until = pipeline_internal.claim_expiry()
  where user_id = p_user_id and key = p_key and answer is null
$$;
comment on function pipeline_internal.extend_key is 'The request that claimed the key is still at work.';

create function pipeline_internal.store_answer(p_user_id uuid, p_key text, p_answer jsonb) returns void
language sql set search_path = '' as $$
  update pipeline_internal.idempotency_keys set answer = p_answer where user_id = p_user_id and key = p_key
$$;

create function pipeline_internal.release_key(p_user_id uuid, p_key text) returns void
language sql set search_path = '' as $$
  delete from pipeline_internal.idempotency_keys where user_id = p_user_id and key = p_key and answer is null
$$;
comment on function pipeline_internal.release_key is
  'The request was refused or failed: the key is free for another try.';

create function pipeline_internal.purge_rate_limits() returns void
language sql set search_path = '' as $$
  -- Waits for nobody: a request holds one row while it takes another.
  delete from pipeline_internal.rate_limits where key in (
    select key from pipeline_internal.rate_limits where resets_at < clock_timestamp() for update skip locked);
  delete from pipeline_internal.idempotency_keys where created_at < clock_timestamp() - interval '1 day';
  delete from pipeline_internal.pending_sign_ins where sign_in_no in (
    select sign_in_no from pipeline_internal.pending_sign_ins
    where started_at < clock_timestamp() - interval '1 minute' for update skip locked);
$$;
comment on function pipeline_internal.purge_rate_limits is
  'Forgets windows that have ended, keys that are a day old, and sign-ins whose request died.';
