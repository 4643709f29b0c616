-- The external services that stages call. All workers share each provider's rate limit (two token buckets) and its
-- circuit breaker.

create table pipeline_internal.providers (
  provider text primary key,
  -- The account's rate limits. A bucket holds at most its burst and refills at a steady rate.
  requests_per_minute real not null check (requests_per_minute >= 0.001),
  request_burst real not null check (request_burst >= 1),
  tokens_per_minute real not null check (tokens_per_minute >= 0.001),
  token_burst real not null check (token_burst >= 1),
  request_level real not null,
  token_level real not null,
  refilled_at timestamptz not null default clock_timestamp(),
  -- The circuit. While it is open (opened_at is set), workers send only one probe at a time, from probe_at on.
  failure_count int not null default 0,
  open_count int not null default 0,
  -- The kind of failure that opened the circuit last, and how often in a row: each doubles the pause.
  fault text,
  fault_count int not null default 0,
  opened_at timestamptz,
  probe_at timestamptz,
  code text,
  message text,
  constraint open_circuit_has_a_probe check ((opened_at is null) = (probe_at is null))
);
comment on table pipeline_internal.providers is
  'Rate limit and circuit of each provider, shared by all workers. Set the rates to those of your account.';
comment on column pipeline_internal.providers.requests_per_minute is
  'Requests by which the request bucket refills in a minute.';
comment on column pipeline_internal.providers.request_burst is
  'Requests that the full bucket holds: so many may follow each other at once.';
comment on column pipeline_internal.providers.tokens_per_minute is
  'Tokens of text by which the token bucket refills in a minute.';
comment on column pipeline_internal.providers.token_burst is
  'Tokens of text that the full bucket holds.';
alter table pipeline_internal.providers enable row level security;

-- LlamaParse: 50 uploads per 10 s and organisation. OpenAI: the lowest paid tier. Their documentation, 2026.
insert into pipeline_internal.providers (
  provider, requests_per_minute, request_burst, tokens_per_minute, token_burst, request_level, token_level
) values
  ('llamaparse', 300, 50, 1, 1, 50, 1),
  ('openai', 3000, 500, 1000000, 1000000, 500, 1000000);

alter table pipeline_internal.stages
  add column provider text references pipeline_internal.providers,
  add column requests_per_message smallint not null default 0;
comment on column pipeline_internal.stages.provider is
  'The provider that the stage calls. While its circuit is open, no message is claimed.';
comment on column pipeline_internal.stages.requests_per_message is
  'Tokens that a claimed message consumes from the provider''s request bucket. `embed` reserves them call by call.';

create function pipeline_internal.refilled(p_provider pipeline_internal.providers) returns pipeline_internal.providers
language plpgsql stable set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
  v_minutes double precision := extract(epoch from v_now - p_provider.refilled_at) / 60;
begin
  p_provider.request_level := least(
    p_provider.request_burst, p_provider.request_level + v_minutes * p_provider.requests_per_minute);
  p_provider.token_level := least(
    p_provider.token_burst, p_provider.token_level + v_minutes * p_provider.tokens_per_minute);
  p_provider.refilled_at := v_now;
  return p_provider;
end $$;
comment on function pipeline_internal.refilled is 'The provider with its buckets refilled up to now. Writes nothing.';

create function pipeline_internal.may_claim(p_stage text) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return (
    select s.paused_at is null and (s.provider is null or (
      (p.opened_at is null or p.probe_at <= clock_timestamp())
      and (s.requests_per_message = 0 or (pipeline_internal.refilled(p)).request_level >= s.requests_per_message)))
    from pipeline_internal.stages s
    left join pipeline_internal.providers p on p.provider = s.provider
    where s.stage = p_stage);
end $$;
comment on function pipeline_internal.may_claim is
  'Whether a message may be claimed now: the stage is not paused, its provider''s circuit is closed or due for a '
  'probe, and its request bucket holds enough. Reserves nothing.';

create function pipeline_internal.lock_capacity(p_stage pipeline_internal.stages, p_count int) returns int
language plpgsql set search_path = '' as $$
declare
  v_provider pipeline_internal.providers;
begin
  if p_stage.paused_at is not null then return 0; end if;
  select * into v_provider from pipeline_internal.providers where provider = p_stage.provider;
  if p_stage.provider is null or (v_provider.opened_at is null and p_stage.requests_per_message = 0) then
    return p_count;
  end if;

  select * into v_provider from pipeline_internal.providers where provider = p_stage.provider for update;
  if v_provider.opened_at is not null then
    if v_provider.probe_at > clock_timestamp() then return 0; end if;
    p_count := least(p_count, 1);
  end if;
  if p_stage.requests_per_message > 0 then
    v_provider := pipeline_internal.refilled(v_provider);
    p_count := least(p_count, greatest(0, floor(v_provider.request_level / p_stage.requests_per_message)::int));
  end if;
  return p_count;
end $$;
comment on function pipeline_internal.lock_capacity is
  'How many messages may be claimed: none while the stage is paused or the circuit is open, one if a probe is due, '
  'else what the request bucket holds. Locks the provider until the transaction ends, so that consume_tokens finds '
  'this capacity.';

create function pipeline_internal.consume_tokens(p_stage pipeline_internal.stages, p_count int) returns void
language plpgsql set search_path = '' as $$
declare
  v_provider pipeline_internal.providers;
begin
  if p_stage.provider is null or p_count = 0 then return; end if;
  select * into v_provider from pipeline_internal.providers where provider = p_stage.provider;
  if v_provider.opened_at is null and p_stage.requests_per_message = 0 then return; end if;

  v_provider := pipeline_internal.refilled(v_provider);
  update pipeline_internal.providers
  set request_level = v_provider.request_level - p_count * p_stage.requests_per_message,
      token_level = v_provider.token_level, refilled_at = v_provider.refilled_at,
      -- The probe is under way. If its worker dies, another may follow after 30 s. A circuit that opened since
      -- lock_capacity keeps its longer pause.
      probe_at = case when opened_at is not null then greatest(probe_at, clock_timestamp() + interval '30 seconds') end
  where provider = p_stage.provider;
end $$;
comment on function pipeline_internal.consume_tokens is
  'Takes the requests of so many claimed messages from the provider''s bucket. A claim while the circuit is open is '
  'the probe.';

create function pipeline_internal.reserve(p_provider text, p_requests real, p_tokens real) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_provider pipeline_internal.providers;
  v_wait double precision;
begin
  select * into strict v_provider from pipeline_internal.providers where provider = p_provider for update;
  v_provider := pipeline_internal.refilled(v_provider);
  -- A request larger than the bucket passes when the bucket is full and leaves it negative.
  v_wait := greatest(
    (least(p_requests, v_provider.request_burst) - v_provider.request_level) / v_provider.requests_per_minute,
    (least(p_tokens, v_provider.token_burst) - v_provider.token_level) / v_provider.tokens_per_minute) * 60;
  if v_wait > 0 then return v_wait; end if;

  update pipeline_internal.providers
  set request_level = v_provider.request_level - p_requests, token_level = v_provider.token_level - p_tokens,
      refilled_at = v_provider.refilled_at
  where provider = p_provider;
  return 0;
end $$;
comment on function pipeline_internal.reserve is
  'Takes requests and tokens from the provider''s buckets and returns 0, or takes nothing and returns the seconds '
  'until they hold enough.';

create function pipeline_internal.provider_succeeded(p_provider text, p_claimed_at timestamptz) returns void
language plpgsql set search_path = '' as $$
begin
  update pipeline_internal.providers
  set failure_count = 0, open_count = 0, fault = null, fault_count = 0, opened_at = null, probe_at = null, code = null,
      message = null
  where provider = p_provider and (failure_count > 0 or opened_at is not null)
    and (opened_at is null or opened_at <= p_claimed_at);
end $$;
comment on function pipeline_internal.provider_succeeded is
  'Closes the circuit if the successful attempt began after the circuit opened. An earlier attempt says nothing '
  'about the provider''s present state.';

create function pipeline_internal.provider_failed(
  p_provider text, p_claimed_at timestamptz, p_fault text, p_code text, p_message text, p_after_seconds double precision
) returns void
language plpgsql set search_path = '' as $$
declare
  v_provider pipeline_internal.providers;
  v_pause double precision;
begin
  select * into v_provider from pipeline_internal.providers where provider = p_provider for update;
  if not found then return; end if;

  -- An attempt from before the circuit opened adds no failure; only the wait that the provider asks for counts.
  if v_provider.opened_at > p_claimed_at then
    update pipeline_internal.providers
    set probe_at = greatest(probe_at, clock_timestamp() + make_interval(secs => p_after_seconds))
    where provider = p_provider;
    return;
  end if;

  -- Fewer than five transient failures in a row are not an outage.
  if p_fault = 'transient' and v_provider.opened_at is null and v_provider.failure_count + 1 < 5 then
    update pipeline_internal.providers set failure_count = failure_count + 1 where provider = p_provider;
    return;
  end if;

  -- The pause doubles only while failures are of one kind: credit may be back in a minute, however often the rate was
  -- exceeded before.
  if v_provider.fault is distinct from p_fault then v_provider.fault_count := 0; end if;
  v_pause := case p_fault when 'exhausted' then 60 else 15 end * power(2, least(v_provider.fault_count, 8));
  update pipeline_internal.providers
  set failure_count = failure_count + 1, open_count = open_count + 1, fault = p_fault,
      fault_count = v_provider.fault_count + 1,
      opened_at = coalesce(opened_at, clock_timestamp()),
      probe_at = clock_timestamp() + make_interval(secs => coalesce(nullif(p_after_seconds, 0), least(v_pause, 3600))),
      code = p_code, message = left(p_message, 500)
  where provider = p_provider;
end $$;
comment on function pipeline_internal.provider_failed is
  'Opens the circuit: at once when the provider throttles or its credit is exhausted, otherwise after five transient '
  'failures in a row. The next probe is due when the provider said, or after a pause that doubles up to an hour '
  'while failures are of one kind: from a minute for credit, from 15 s otherwise.';

create function pipeline_internal.outage_pause(p_provider text) returns double precision
language sql stable set search_path = '' as $$
  select greatest(1, 2 * extract(epoch from probe_at - clock_timestamp()))
  from pipeline_internal.providers
  where provider = p_provider and opened_at > clock_timestamp() - interval '1 day'
$$;
comment on function pipeline_internal.outage_pause is
  'Seconds for which a job waits that failed while its provider''s circuit is open; null if the circuit is closed. '
  'Longer than until the next probe, so that another document becomes the probe: a document that makes the provider '
  'fail must not keep the circuit open by itself. After a day of outage failures count as attempts again, so that '
  'every job ends.';
