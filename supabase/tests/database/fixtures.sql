-- The verbs that the tests share: each brings the database into a state through functions that the pipeline itself
-- uses. Loaded once, before the tests; every test rolls back its changes.

create schema if not exists tests;

create or replace function tests.create_user(p_name text default 'ada') returns uuid
language sql as $$
  insert into auth.users (id, email, aud, role)
  values (gen_random_uuid(), p_name || '-' || gen_random_uuid() || '@example.test', 'authenticated', 'authenticated')
  returning id
$$;

-- A registered document that awaits its bytes. `p_seed` determines its content.
create or replace function tests.register(p_user_id uuid, p_seed text default 'one') returns upload_pipeline.upload_jobs
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs;
  v_job_id uuid := (pipeline_internal.register_upload(
    p_user_id, p_seed || '.pdf', 'application/pdf', 1000,
    encode(extensions.digest(p_seed, 'sha256'), 'hex'), false, 'req-' || p_seed)).job_id;
begin
  select * into v_job from upload_pipeline.upload_jobs where job_id = v_job_id;
  return v_job;
end $$;

-- Storage's row for the bytes of a registered document.
create or replace function tests.store_object(p_document_id uuid, p_metadata jsonb default '{"size": 1000}')
  returns void
language sql as $$
  insert into storage.objects (bucket_id, name, metadata)
  select 'files', raw_path, p_metadata from upload_pipeline.documents where document_id = p_document_id
  on conflict (bucket_id, name) do update set metadata = excluded.metadata
$$;

-- A job that waits for a stage.
create or replace function tests.job_at(p_stage text, p_user_id uuid default null, p_seed text default 'one')
returns upload_pipeline.upload_jobs
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.register(coalesce(p_user_id, tests.create_user()), p_seed);
begin
  perform tests.store_object(v_job.document_id);
  if p_stage <> 'parse' then
    perform tests.finish_parse(v_job.job_id);
  end if;
  if p_stage in ('chunk', 'embed') then
    perform tests.make_due(v_job.job_id);
    perform tests.finish_fetch_result(
      tests.claim('fetch_result', v_job.job_id), 'user/x/parsed/y.md', repeat('a', 64), array[0, 100]);
  end if;
  if p_stage = 'embed' then
    perform tests.finish_chunk(
      tests.claim('chunk', v_job.job_id), 'markdown-simple', '1', tests.two_chunks());
  end if;
  select * into v_job from upload_pipeline.upload_jobs where job_id = v_job.job_id;
  return v_job;
end $$;

create or replace function tests.two_chunks() returns jsonb
language sql as $$
  select '[{"ord": 0, "page_from": 1, "page_to": 1, "page_offsets": [0], "heading_path": ["Fees"],
             "text": "Membership costs ten crowns a year.", "tokens": 8},
           {"ord": 1, "page_from": 2, "page_to": 2, "page_offsets": [0], "heading_path": ["Hours"],
             "text": "The library opens at nine.", "tokens": 6}]'::jsonb
$$;

-- The lease of this job for a worker; null fields if its message is not due on that queue.
create or replace function tests.claim(p_stage text, p_job_id uuid) returns pipeline_internal.lease
language sql as $$
  select row(p_stage, c.msg_id, c.read_ct)::pipeline_internal.lease
  from pipeline_internal.claim(p_stage, 1000) c
  where c.job_id = p_job_id
$$;

-- One settlement, in the form in which a worker sends it.
create or replace function tests.settlement(p_lease pipeline_internal.lease, p_settlement jsonb) returns jsonb
language sql as $$
  select p_settlement || jsonb_build_object('msg_id', (p_lease).msg_id, 'read_ct', (p_lease).read_ct)
$$;

create or replace function tests.settlements(p_settlements jsonb) returns pipeline_internal.settlement[]
language sql as $$
  select array(select s from jsonb_populate_recordset(null::pipeline_internal.settlement, p_settlements) s)
$$;

-- Settles a batch. Returns the messages whose settlement took effect.
create or replace function tests.settle_all(p_stage text, p_settlements jsonb) returns setof bigint
language plpgsql as $$
begin
  return query
    select unnest(s.settled)
    from pipeline_internal.settle_and_continue(p_stage, tests.settlements(p_settlements)) s;
end $$;

-- Whether a settlement took effect.
create or replace function tests.settle(p_lease pipeline_internal.lease, p_settlement jsonb) returns boolean
language plpgsql as $$
begin
  return exists (
    select from tests.settle_all((p_lease).stage, jsonb_build_array(tests.settlement(p_lease, p_settlement))));
end $$;

create or replace function tests.finish_parse(
  p_lease pipeline_internal.lease, p_submission_id uuid, p_provider_job_id text
) returns boolean
language sql as $$
  select tests.settle(p_lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'submission_id', p_submission_id, 'provider_job_id', p_provider_job_id)))
$$;
create or replace function tests.finish_fetch_result(
  p_lease pipeline_internal.lease, p_parsed_path text, p_parsed_sha256 text, p_page_starts int[]
) returns boolean
language sql as $$
  select tests.settle(p_lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'parsed_path', p_parsed_path, 'parsed_sha256', p_parsed_sha256, 'page_starts', p_page_starts)))
$$;
create or replace function tests.finish_chunk(
  p_lease pipeline_internal.lease, p_chunker_name text, p_chunker_version text, p_chunks jsonb
) returns boolean
language sql as $$
  select tests.settle(p_lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
    'chunker_name', p_chunker_name, 'chunker_version', p_chunker_version, 'embed_model', 'model',
    'language', 'en', 'chunks', p_chunks)))
$$;
create or replace function tests.store_embeddings(
  p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[]
) returns boolean
language sql as $$ select pipeline_internal.store_embeddings(p_lease, p_model, p_chunk_ids, p_vectors) $$;
create or replace function tests.finish_embed(p_lease pipeline_internal.lease) returns boolean
language sql as $$ select tests.settle(p_lease, '{"outcome": "done"}') $$;
create or replace function tests.poll_later(p_lease pipeline_internal.lease) returns boolean
language sql as $$ select tests.settle(p_lease, '{"outcome": "poll"}') $$;
create or replace function tests.retry(
  p_lease pipeline_internal.lease, p_code text, p_message text, p_after_seconds double precision default 0
) returns boolean
language sql as $$
  select tests.settle(p_lease, jsonb_build_object(
    'outcome', 'retry', 'code', p_code, 'message', p_message, 'after_seconds', p_after_seconds))
$$;
create or replace function tests.pause(
  p_lease pipeline_internal.lease, p_after_seconds double precision, p_code text default null,
    p_message text default null
) returns boolean
language sql as $$
  select tests.settle(p_lease, jsonb_build_object(
    'outcome', 'pause', 'code', p_code, 'message', p_message, 'after_seconds', p_after_seconds))
$$;
create or replace function tests.reject(p_lease pipeline_internal.lease, p_code text, p_message text) returns boolean
language sql as $$
  select tests.settle(p_lease, jsonb_build_object('outcome', 'reject', 'code', p_code, 'message', p_message))
$$;

-- A worker claims the job and moves its bytes from the upload path to the original path.
create or replace function tests.claim_original(p_stage text, p_job_id uuid) returns pipeline_internal.lease
language sql as $$
  update storage.objects o set name = d.original_path
  from upload_pipeline.documents d join upload_pipeline.upload_jobs j using (document_id)
  where j.job_id = p_job_id and o.bucket_id = 'files' and o.name = d.raw_path;
  select tests.claim(p_stage, p_job_id)
$$;

create or replace function tests.finish_parse(p_job_id uuid, p_provider_job_id text default null) returns boolean
language plpgsql as $$
declare
  v_lease pipeline_internal.lease := tests.claim_original('parse', p_job_id);
  v_submission_id uuid := (pipeline_internal.begin_submission(v_lease)).submission_id;
  v_submission_count int := (select count(*) from pipeline_internal.submissions where job_id = p_job_id);
begin
  return tests.finish_parse(
    v_lease, v_submission_id,
    coalesce(
      p_provider_job_id,
      -- The second submission of a job is another job of the provider's.
      'provider-' || p_job_id || case when v_submission_count > 1 then '-' || v_submission_count else '' end));
end $$;

-- Time passes: the job's message is visible again.
create or replace function tests.make_due(p_job_id uuid) returns void
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs;
begin
  select * into strict v_job from upload_pipeline.upload_jobs where job_id = p_job_id;
  perform pgmq.set_vt(v_job.stage, v_job.message_id, 0);
end $$;

create or replace function tests.job(p_job_id uuid) returns upload_pipeline.upload_jobs
language sql as $$ select * from upload_pipeline.upload_jobs where job_id = p_job_id $$;

-- How many messages a job has, over all queues.
create or replace function tests.message_count(p_job_id uuid) returns bigint
language sql as $$
  select count(*) from (
    select message from pgmq.q_parse union all select message from pgmq.q_fetch_result
    union all select message from pgmq.q_chunk union all select message from pgmq.q_embed
  ) m where (message ->> 'job_id')::uuid = p_job_id
$$;

-- Queries run as this user, like queries of the Data API, until the end of the transaction or the next call.
create or replace function tests.act_as(p_user_id uuid) returns void
language sql as $$
  select set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', 'authenticated')::text, true),
         set_config('role', 'authenticated', true)
$$;
-- Sets the claims of this user and keeps the role.
create or replace function tests.set_claims(p_user_id uuid) returns void
language sql as $$
  select set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', 'authenticated')::text, true)
$$;
-- A user with a role in the console.
create or replace function tests.create_operator(p_role text default 'operator') returns uuid
language plpgsql as $$
declare
  v_user_id uuid := tests.create_user(p_role);
begin
  perform pipeline_internal.set_console_role(email, p_role) from auth.users where id = v_user_id;
  return v_user_id;
end $$;
-- As act_as, with a token that claims a role in the console.
create or replace function tests.act_in_console(p_user_id uuid, p_claimed text default 'operator') returns void
language sql as $$
  select set_config('request.jwt.claims', jsonb_build_object(
           'sub', p_user_id, 'role', 'authenticated',
           'app_metadata', jsonb_strip_nulls(jsonb_build_object('pipeline_role', p_claimed)))::text, true),
         set_config('role', 'authenticated', true)
$$;
create or replace function tests.act_as_anon() returns void
language sql as $$
  select set_config('request.jwt.claims', '{"role": "anon"}', true), set_config('role', 'anon', true)
$$;
grant usage on schema tests to public;

-- Another worker claims the message again, as after the end of a lease; its lease is now the valid one.
create or replace function tests.reclaim(p_stage text, p_job_id uuid) returns pipeline_internal.lease
language plpgsql as $$
declare
  v_lost_count int := (select lost_count from upload_pipeline.upload_jobs where job_id = p_job_id);
  v_lease pipeline_internal.lease;
begin
  perform tests.make_due(p_job_id);
  v_lease := tests.claim(p_stage, p_job_id);
  -- The claim counted a lost attempt, which has a backoff.
  if (select lost_count from upload_pipeline.upload_jobs where job_id = p_job_id) > v_lost_count then
    perform tests.make_due(p_job_id);
    v_lease := tests.claim(p_stage, p_job_id);
  end if;
  return v_lease;
end $$;

-- A worker claims the job and dies; the next claim finds the lost attempt.
create or replace function tests.kill_worker_of(p_stage text, p_job_id uuid) returns void
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job(p_job_id);
  v_taken bigint;
begin
  if v_job.is_isolated then
    update upload_pipeline.upload_jobs set next_attempt_at = null where job_id = p_job_id;
    select count(*) into v_taken
    from pipeline_internal.claim_isolated(p_stage, null) c where c.job_id = p_job_id;
  else
    perform tests.make_due(p_job_id);
    v_taken := ((tests.claim(p_stage, p_job_id)).msg_id is not null)::int;
  end if;
  if v_taken <> 1 then raise exception 'job % cannot be claimed', p_job_id; end if;
  perform tests.make_due(p_job_id);
  perform tests.claim(p_stage, p_job_id);
end $$;

-- When the job's message is due; null if it has none.
create or replace function tests.due_at(p_job_id uuid) returns timestamptz
language sql as $$
  select vt from (
    select 'parse' as stage, msg_id, vt from pgmq.q_parse union all select 'fetch_result', msg_id, vt
      from pgmq.q_fetch_result
    union all select 'chunk', msg_id, vt from pgmq.q_chunk union all select 'embed', msg_id, vt from pgmq.q_embed
  ) m
  join upload_pipeline.upload_jobs j on j.stage = m.stage and j.message_id = m.msg_id
  where j.job_id = p_job_id
$$;

-- Everything that is stored about a job, its document, submissions, chunks, events and messages: equal snapshots prove
-- that nothing changed in between.
create or replace function tests.snapshot(p_job_id uuid) returns jsonb
language sql as $$
  with job as (select * from upload_pipeline.upload_jobs where job_id = p_job_id),
  message as (
    select 'parse' as stage, q.* from pgmq.q_parse q union all select 'fetch_result', q.* from pgmq.q_fetch_result q
    union all select 'chunk', q.* from pgmq.q_chunk q union all select 'embed', q.* from pgmq.q_embed q
  )
  select jsonb_build_object(
    'job', (select to_jsonb(j) from job j),
    'document', (select to_jsonb(d) from upload_pipeline.documents d join job using (document_id)),
    'submissions', (
      select jsonb_agg(s order by s.requested_at)
      from pipeline_internal.submissions s where s.job_id = p_job_id),
    'chunks', (
      select jsonb_agg(c order by c.chunk_ord)
      from upload_pipeline.document_chunks c join job using (document_id)),
    'pending_chunks', (
      select jsonb_agg(c order by c.ord)
      from pipeline_internal.pending_chunks c join job using (document_id)),
    'pending_vectors', (
      select jsonb_agg(v order by v.chunk_sha)
      from pipeline_internal.pending_vectors v join job using (document_id)),
    'events', (select jsonb_agg(e order by e.event_no) from upload_pipeline.events e where e.job_id = p_job_id),
    'messages', (
      select jsonb_agg(m order by m.stage, m.msg_id) from message m where (m.message ->> 'job_id')::uuid = p_job_id))
$$;

-- Moves the job's last update into the past. Its events and submissions are lost.
create or replace function tests.backdate(p_job_id uuid, p_interval interval) returns void
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs;
begin
  delete from upload_pipeline.upload_jobs where job_id = p_job_id returning * into strict v_job;
  v_job.updated_at := v_job.updated_at - p_interval;
  insert into upload_pipeline.upload_jobs select v_job.*;
end $$;

-- What a commit would do: everything that is deferred to the end of the transaction, such as sending messages.
create or replace function tests.end_transaction() returns void
language plpgsql as $$
begin
  set constraints all immediate;
  set constraints all deferred;
end $$;

-- The messages to a user, in the order of their numbers, as Realtime would broadcast them.
create or replace function tests.messages_to(p_user_id uuid) returns table (event_no bigint, payload jsonb)
language sql as $$
  select (m.payload ->> 'event_no')::bigint, m.payload - 'id' from realtime.messages m
  where m.topic = 'user:' || p_user_id and m.event = 'document.status' and m.private and m.extension = 'broadcast'
  order by 1
$$;

-- What a message says about a document, as document_status shows it now.
create or replace function tests.shown(p_document_id uuid) returns jsonb
language sql as $$
  select coalesce(
    (select jsonb_strip_nulls(jsonb_build_object(
       'document_id', document_id, 'status', status, 'state', state,
       'progress', jsonb_build_object('stage_pct', stage_pct, 'total_pct', total_pct),
       'warnings', nullif(warnings, '[]'), 'last_error', last_error))
     from upload_pipeline.document_status where document_id = p_document_id),
    jsonb_build_object('document_id', p_document_id, 'status', 'deleted'))
$$;

-- A vector of unit length along one of the 1536 axes: the same axis has the same meaning, another one is unrelated.
create or replace function tests.axis(p_axis int) returns text
language sql as $$
  select '[' || string_agg(case when i = p_axis then '1' else '0' end, ',' order by i) || ']'
  from generate_series(1, 1536) i
$$;

-- Stores a vector for every pending chunk of the document: ordinal n gets axis n + 1, and equal texts get the vector of
-- the first.
create or replace function tests.embed(p_lease pipeline_internal.lease, p_document_id uuid,
  p_model text default 'model')
returns boolean
language sql as $$
  select pipeline_internal.store_embeddings(
    p_lease, p_model, array_agg(chunk_id order by ord), array_agg(tests.axis(ord + 1) order by ord))
  from pipeline_internal.pending_chunks where document_id = p_document_id
$$;

-- The pending chunks, with the vectors that they have so far.
create or replace function tests.pending_chunks(p_document_id uuid)
returns table (
  ord int, chunk_id uuid, chunk_sha text, text text, embedding extensions.halfvec(1536), embed_model text,
    embedded_at timestamptz)
language sql as $$
  select c.ord, c.chunk_id, c.chunk_sha, c.text, v.embedding, v.embed_model, v.embedded_at
  from pipeline_internal.pending_chunks c left join pipeline_internal.pending_vectors v using (document_id, chunk_sha)
  where c.document_id = p_document_id order by c.ord
$$;

-- A searchable document with these chunks.
create or replace function tests.complete_document(p_user_id uuid, p_seed text,
  p_chunks jsonb default tests.two_chunks())
returns upload_pipeline.upload_jobs
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('chunk', p_user_id, p_seed);
  v_lease pipeline_internal.lease;
begin
  perform tests.finish_chunk(
    tests.claim('chunk', v_job.job_id), 'markdown-simple', '1', p_chunks);
  v_lease := tests.claim('embed', v_job.job_id);
  perform tests.embed(v_lease, v_job.document_id);
  perform tests.finish_embed(v_lease);
  return tests.job(v_job.job_id);
end $$;

-- A stage for one test, so that no other test uses its lock, its queue and its runs.
create or replace function tests.add_stage(p_stage text, p_max_invocations int default 2) returns void
language sql as $$
  insert into pipeline_internal.stages (
    stage, entry_status, working_status, failed_status, redrive_stage,
    max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations)
  values (p_stage, 'uploaded', 'uploaded', 'failed_parse', p_stage, 5, 2, 300, 0.2, 60, 3, 3, p_max_invocations);
  select pgmq.create(p_stage);
$$;

-- A provider for one test, with a stage of the same name that depends on it; its next stage is fetch_result.
create or replace function tests.add_provider(
  p_provider text, p_requests_per_minute real default 60, p_request_burst real default 1000,
  p_tokens_per_minute real default 60, p_token_burst real default 1000, p_requests_per_message int default 0
) returns void
language sql as $$
  insert into pipeline_internal.providers (
    provider, requests_per_minute, request_burst, tokens_per_minute, token_burst, request_level, token_level)
  values (p_provider, p_requests_per_minute, p_request_burst, p_tokens_per_minute, p_token_burst, p_request_burst,
    p_token_burst);
  select tests.add_stage(p_provider);
  update pipeline_internal.stages
  set provider = p_provider, requests_per_message = p_requests_per_message, next_stage = 'fetch_result', batch = 1000
  where stage = p_provider;
$$;

-- Time passes for a provider: its buckets refill and its next probe comes nearer.
create or replace function tests.pass_time(p_provider text, p_seconds double precision) returns void
language sql as $$
  update pipeline_internal.providers
  set refilled_at = refilled_at - make_interval(secs => p_seconds),
      probe_at = probe_at - make_interval(secs => p_seconds)
  where provider = p_provider
$$;

create or replace function tests.provider(p_provider text) returns pipeline_internal.providers
language sql as $$ select * from pipeline_internal.providers where provider = p_provider $$;

-- Whether a time is p_seconds after a moment of this test, however slowly the test runs.
create or replace function tests.is_ahead_by(p_at timestamptz, p_seconds double precision) returns boolean
language sql as $$
  select p_at between now() + make_interval(secs => p_seconds) and clock_timestamp() + make_interval(secs => p_seconds)
$$;

-- Whether the provider's next probe is due after p_seconds.
create or replace function tests.is_probe_due_in(p_provider text, p_seconds double precision) returns boolean
language sql as $$
  select tests.is_ahead_by(probe_at, p_seconds) from pipeline_internal.providers where provider = p_provider
$$;

-- p_count jobs that wait for a stage of the test, each of another user.
create or replace function tests.add_jobs(p_stage text, p_count int) returns setof uuid
language plpgsql as $$
declare
  v_job_id uuid;
begin
  for n in 1 .. p_count loop
    v_job_id := (tests.register(tests.create_user(), p_stage || n)).job_id;
    perform pipeline_internal.enqueue(array[v_job_id], p_stage);
    return next v_job_id;
  end loop;
  -- Ends the runs that the enqueued jobs called.
  update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'drained' where stage = p_stage;
end $$;

-- The leases of everything that is due on a queue.
create or replace function tests.claim_all(p_stage text, p_count int default 1000)
returns table (job_id uuid, lease pipeline_internal.lease)
language sql as $$
  select c.job_id, row(p_stage, c.msg_id, c.read_ct)::pipeline_internal.lease
  from pipeline_internal.claim(p_stage, p_count) c
$$;

-- The settlement of an attempt that failed because of its provider.
create or replace function tests.fault(p_fault text, p_after_seconds double precision default null) returns jsonb
language sql as $$
  select jsonb_build_object(
    'outcome', case when p_fault = 'transient' then 'retry' else 'pause' end, 'code', upper(p_fault),
    'message', 'the provider said so', 'after_seconds', p_after_seconds, 'fault', p_fault)
$$;

-- A registered document whose bytes have arrived.
create or replace function tests.upload(p_user_id uuid, p_seed text) returns uuid
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.register(p_user_id, p_seed);
begin
  perform tests.store_object(v_job.document_id);
  return v_job.job_id;
end $$;

-- Sets a Vault secret that wake reads; null removes it.
create or replace function tests.set_secret(p_name text, p_secret text) returns void
language plpgsql as $$
begin
  delete from vault.secrets where name = p_name;
  if p_secret is not null then
    perform vault.create_secret(p_secret, p_name);
  end if;
end $$;

-- The number of HTTP requests that this transaction sends on commit to a route of the worker: a stage, or another
-- route.
create or replace function tests.calls(p_route text) returns bigint
language sql as $$ select count(*) from net.http_request_queue
  where url ~ ('/worker/' || p_route || '(\?run_id=|$)') $$;

-- Limits do not apply to tests, except where a test sets them. A claim without tokens locks no provider, so tests can
-- run side by side.
update pipeline_internal.stages set batch = 1000, requests_per_message = 0;
update pipeline_internal.providers set request_burst = 100000, request_level = 100000;
update pipeline_internal.limits set active_documents_per_user = 1000;

-- The charge of a provider for this job, as a worker reports it. A page costs 2 cents in these tests, and a token half
-- a cent: see set_prices.
create or replace function tests.charge(p_job_id uuid, p_key text, p_purpose text, p_quantity bigint) returns jsonb
language sql as $$
  select jsonb_build_array(jsonb_build_object(
    'key', p_key, 'purpose', p_purpose, 'quantity', p_quantity, 'job_id', job_id, 'user_id', user_id,
    'model', case p_purpose when 'parse' then 'cost_effective' else 'text-embedding-3-small' end))
  from upload_pipeline.upload_jobs where job_id = p_job_id
$$;
create or replace function tests.set_prices() returns void
language sql as $$ update pipeline_internal.prices set cents = case unit when 'page' then 2 else 0.5 end $$;
create or replace function tests.cost(p_job_id uuid) returns numeric
language sql as $$ select cost_cents from pipeline_internal.job_costs(array[p_job_id]) $$;

-- Records an event with this time. Returns its number.
create or replace function tests.record_event(
  p_job upload_pipeline.upload_jobs, p_status text, p_at timestamptz, p_type text default 'status',
  p_stage text default null, p_code text default null
) returns bigint
language sql as $$
  insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, code, created_at)
  values (p_job.document_id, p_job.job_id, p_job.user_id, p_type, p_status, p_stage, p_code, p_at)
  returning event_no
$$;

-- Serializes tests that count: they share a few counter rows.
create or replace function tests.lock_counters() returns void
language sql as $$ select pg_advisory_xact_lock(hashtext('tests.counters')) $$;

create or replace function tests.counter(p_name text, p_labels jsonb) returns double precision
language sql as $$
  select coalesce((select value from pipeline_internal.counters where name = p_name and labels = p_labels), 0)
$$;

-- The row of unfinished_documents for one job.
create or replace function tests.unfinished(p_job_id uuid) returns pipeline_monitoring.unfinished_documents
language sql as $$ select * from pipeline_monitoring.unfinished_documents where job_id = p_job_id $$;
