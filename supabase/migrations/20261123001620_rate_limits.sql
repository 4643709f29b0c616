-- Rate limits per caller. The counts are in the database, so they hold across all isolates and under any concurrency.

alter table pipeline_internal.limits
  add column sign_in_attempts_per_address int not null default 30 check (sign_in_attempts_per_address > 0),
  add column sign_in_window_seconds int not null default 600 check (sign_in_window_seconds > 0);
comment on column pipeline_internal.limits.sign_in_attempts_per_address is
  'Attempts to sign in or up from one address, and as many to refresh a session.';
comment on column pipeline_internal.limits.sign_in_window_seconds is
  'The window in which attempts and wrong passwords are counted.';

-- Unlogged: a crash of the database resets the counts, and counting writes no WAL.
create unlogged table pipeline_internal.rate_limits (
  key text primary key,
  used_count int not null,
  resets_at timestamptz not null
) with (fillfactor = 50);
comment on table pipeline_internal.rate_limits is
  'The use of each rate limit in its current window, which began with the first request.';
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
    -- A refusal wrote nothing; this transaction holds the lock on the row.
    select a.used_count, a.resets_at into strict v_used_count, v_resets_at
    from pipeline_internal.rate_limits a where a.key = p_key;
  end if;
  remaining := greatest(0, p_limit - v_used_count);
  reset_seconds := greatest(1, ceil(extract(epoch from v_resets_at - v_now)))::int;
end $$;
comment on function pipeline_internal.consume_rate_limit is
  'Consumes one from the key''s rate limit: exactly p_limit are allowed per window, which begins with the first one '
  'and ends in reset_seconds. A refusal consumes nothing. With p_count above 1, the last call may exceed the limit: a '
  'call is allowed if it begins before the limit is reached.';

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
  where a.key = 'pages:' || p_user_id and a.resets_at > clock_timestamp()
    and a.used_count >= v_limits.pages_per_user_per_day;
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
  'Counts a request that makes the pipeline process a document, which may cost money. limit_name: the daily limit that '
  'refuses it, in which case nothing is consumed; null: allowed.';

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
  'Counts pages that the parser is about to read for a user. Returns the seconds to wait if the user''s daily pages '
  'are used up, in which case nothing is consumed; null: allowed.';

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

  -- If both limits count the request, the answer reports the tighter one: that of the polls.
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
  'Counts a request of a signed-in user, and a status request also against the polls of p_polled_id. Reports the limit '
  'that refused it, or the tightest one. PT401 for a user whose account was deleted.';

create function pipeline_internal.consume_attempt(p_kind text, p_address text)
returns table (limit_name text, allowed boolean, limit_value int, remaining int, reset_seconds int)
language sql set search_path = '' as $$
  select 'sign_in_attempts_per_address', t.allowed, l.sign_in_attempts_per_address, t.remaining, t.reset_seconds
  from pipeline_internal.limits l
  cross join lateral pipeline_internal.consume_rate_limit(
    p_kind || ':' || p_address, l.sign_in_attempts_per_address, l.sign_in_window_seconds) t
$$;
comment on function pipeline_internal.consume_attempt is
  'Counts an attempt of a caller who is not signed in, by a digest of the address. p_kind: sign-in or refresh.';

-- Idempotent requests: the answer to the first request is stored and returned to repetitions.
create table pipeline_internal.idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  key text not null check (char_length(key) between 1 and 255),
  request_sha256 text not null check (request_sha256 ~ '^[0-9a-f]{64}$'),
  -- Null while the first request runs; it extends its claim to the key, and if it dies, the claim soon expires.
  answer jsonb,
  claimed_until timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, key)
);
comment on table pipeline_internal.idempotency_keys is
  'One row for each Idempotency-Key of a user, for a day: a digest of the request, and its answer.';
create index idempotency_keys_created_at_idx on pipeline_internal.idempotency_keys (created_at);
alter table pipeline_internal.idempotency_keys enable row level security;

create function pipeline_internal.claim_expiry() returns timestamptz
language sql volatile set search_path = '' as $$ select clock_timestamp() + interval '15 seconds' $$;
comment on function pipeline_internal.claim_expiry is 'The expiry of a claim that is made or extended now.';

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
  'Claims an idempotency key. claimed: do the work, then store the answer or release the key; answered: the answer to '
  'the first request; in_use: the first request runs, or died and holds the key for free_in_seconds; reused: the key '
  'belongs to another request. A claim lasts 15 s, unless extend_key extends it.';

create function pipeline_internal.extend_key(p_user_id uuid, p_key text) returns void
language sql set search_path = '' as $$
  update pipeline_internal.idempotency_keys set claimed_until = pipeline_internal.claim_expiry()
  where user_id = p_user_id and key = p_key and answer is null
$$;
comment on function pipeline_internal.extend_key is 'Extends the claim of a request that is still running.';

create function pipeline_internal.store_answer(p_user_id uuid, p_key text, p_answer jsonb) returns void
language sql set search_path = '' as $$
  update pipeline_internal.idempotency_keys set answer = p_answer where user_id = p_user_id and key = p_key
$$;

create function pipeline_internal.release_key(p_user_id uuid, p_key text) returns void
language sql set search_path = '' as $$
  delete from pipeline_internal.idempotency_keys where user_id = p_user_id and key = p_key and answer is null
$$;
comment on function pipeline_internal.release_key is
  'Releases the key of a request that was refused or failed, so that the client can try again.';

create function pipeline_internal.purge_rate_limits() returns void
language sql set search_path = '' as $$
  -- Skips locked rows: a request holds one row while it locks another.
  delete from pipeline_internal.rate_limits where key in (
    select key from pipeline_internal.rate_limits where resets_at < clock_timestamp() for update skip locked);
  delete from pipeline_internal.idempotency_keys where created_at < clock_timestamp() - interval '1 day';
  delete from pipeline_internal.pending_sign_ins where sign_in_no in (
    select sign_in_no from pipeline_internal.pending_sign_ins
    where started_at < clock_timestamp() - interval '1 minute' for update skip locked);
$$;
comment on function pipeline_internal.purge_rate_limits is
  'Removes windows that have ended, keys older than a day, and pending sign-ins whose request died.';
