-- What the tests below have in common: a few verbs that bring the database into a state, each through the functions
-- that the pipeline itself uses. Loaded once, before the tests; every test rolls back what it does.

create schema if not exists tests;

create or replace function tests.create_user(p_name text default 'ada') returns uuid
language sql as $$
  insert into auth.users (id, email, aud, role)
  values (gen_random_uuid(), p_name || '-' || gen_random_uuid() || '@example.test', 'authenticated', 'authenticated')
  returning id
$$;

-- A registered document that waits for its bytes. `p_seed` makes its content.
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
create or replace function tests.store_object(p_document_id uuid, p_metadata jsonb default '{"size": 1000}') returns void
language sql as $$
  insert into storage.objects (bucket_id, name, metadata)
  select 'files', raw_path, p_metadata from upload_pipeline.documents where document_id = p_document_id
  on conflict (bucket_id, name) do update set metadata = excluded.metadata
$$;

-- A job at the door of a stage, however it got there.
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
    perform pipeline_internal.finish_collect(
      tests.claim('collect', v_job.job_id), 'user/x/parsed/y.md', repeat('a', 64), array[0, 100]);
  end if;
  if p_stage = 'embed' then
    perform pipeline_internal.finish_chunk(
      tests.claim('chunk', v_job.job_id), 'markdown-simple', '1', tests.two_chunks());
  end if;
  select * into v_job from upload_pipeline.upload_jobs where job_id = v_job.job_id;
  return v_job;
end $$;

create or replace function tests.two_chunks() returns jsonb
language sql as $$
  select '[{"ord": 0, "page": 1, "heading_path": ["Fees"], "text": "Membership costs ten crowns a year.", "tokens": 8},
           {"ord": 1, "page": 2, "heading_path": ["Hours"], "text": "The library opens at nine.", "tokens": 6}]'::jsonb
$$;

-- The lease that a worker gets for this job; null fields if the job is not due on that queue.
create or replace function tests.claim(p_stage text, p_job_id uuid) returns pipeline_internal.lease
language sql as $$
  select row(p_stage, c.msg_id, c.read_ct)::pipeline_internal.lease
  from pipeline_internal.claim(p_stage, 1000) c
  where c.job_id = p_job_id
$$;

create or replace function tests.finish_parse(p_job_id uuid, p_provider_job_id text default null) returns boolean
language plpgsql as $$
declare
  v_lease pipeline_internal.lease := tests.claim('parse', p_job_id);
begin
  return pipeline_internal.finish_parse(
    v_lease, (pipeline_internal.begin_submission(v_lease)).submission_id,
    coalesce(p_provider_job_id, 'provider-' || p_job_id));
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
    select message from pgmq.q_parse union all select message from pgmq.q_collect
    union all select message from pgmq.q_chunk union all select message from pgmq.q_embed
  ) m where (message ->> 'job_id')::uuid = p_job_id
$$;

-- From here to the end of the transaction, or the next call, queries run as this user, as the Data API runs them.
create or replace function tests.act_as(p_user_id uuid) returns void
language sql as $$
  select set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', 'authenticated')::text, true),
         set_config('role', 'authenticated', true)
$$;
create or replace function tests.act_as_anon() returns void
language sql as $$
  select set_config('request.jwt.claims', '{"role": "anon"}', true), set_config('role', 'anon', true)
$$;
grant usage on schema tests to public;
