-- A document, the job that carries it through the stages, and the events that tell its story.

create table upload_pipeline.documents (
  document_id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  -- As the user named it: for display only, never part of a path.
  filename text not null check (char_length(filename) between 1 and 120),
  -- What the user named it, where that is longer.
  filename_full text check (char_length(filename_full) between 121 and 1000),
  mime text not null,
  bytes_len bigint not null check (bytes_len > 0),
  file_sha256 text not null check (file_sha256 ~ '^[0-9a-f]{64}$'),
  -- Where uploads land: signed URLs lead here, for two hours and whatever becomes of the document.
  raw_path text not null unique,
  -- Where the bytes lie that one upload brought, since a worker took them from there. Nobody but the pipeline can write here.
  original_path text not null unique,
  -- Since when they are known to be what was announced. Only then are they given out.
  verified_at timestamptz,
  parsed_path text,
  parsed_sha256 text check (parsed_sha256 ~ '^[0-9a-f]{64}$'),
  page_count int check (page_count > 0),
  -- Where each page begins in the parsed Markdown, in UTF-16 code units.
  page_starts int[],
  -- How many chunks of it answer questions.
  chunk_count int not null default 0 check (chunk_count >= 0),
  -- As the document calls itself; null until it has been chunked, and if it does not say.
  title text check (char_length(title) between 1 and 300),
  -- Of its text, by its ISO 639-1 code; null if nobody could tell.
  language text check (language ~ '^[a-z]{2}$'),
  -- What its owner should know of the text: [{code, message, pages}], by code. Empty: every page was read.
  warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A reference of the system that sent it.
  policy_id text check (char_length(policy_id) <= 128),
  -- Lets the tables below carry the owner, and proves that it is the same one.
  unique (document_id, user_id)
);
comment on table upload_pipeline.documents is
  'One row for each content that a user has registered. document_id = UUIDv5(namespace, user_id:sha256).';
create index documents_user_id_created_at_idx on upload_pipeline.documents (user_id, created_at desc);

create table upload_pipeline.upload_jobs (
  job_id uuid primary key default gen_random_uuid(),
  document_id uuid not null unique,
  user_id uuid not null,
  -- One of upload_pipeline.statuses. The trigger that checks every move sees to it; foreign keys here and to the stage would
  -- make all workers lock the same few rows.
  status text not null default 'awaiting_upload',
  state text not null default 'queued' check (state in ('queued', 'working', 'retryable', 'done', 'deadletter')),
  -- The stage whose queue holds this job's one message, and that message's id.
  stage text,
  message_id bigint,
  -- Since when the uploaded document waits for its owner's others to finish; it has no message meanwhile.
  user_queued_at timestamptz,
  -- Why a waiting job waits, if not for a worker: a code.
  waiting_for text,
  -- Attempts begun at this stage. A provider's pause gives its attempt back, and so does a worker that dies.
  attempt_count int not null default 0 check (attempt_count >= 0),
  -- Attempts at this stage whose worker died or lost the lease; of these, how many nothing else explains.
  lost_count int not null default 0 check (lost_count >= 0),
  unexplained_count int not null default 0 check (unexplained_count between 0 and lost_count),
  -- Whether it is tried alone, since workers died of it or of something beside it.
  is_isolated boolean not null default false,
  -- Attempts that failed, over the job's whole life.
  retry_count int not null default 0 check (retry_count >= 0),
  next_attempt_at timestamptz,
  -- {code, message, reference}: the reference is the event that tells more.
  last_error jsonb,
  units_done int not null default 0,
  units_total int not null default 0,
  ocr boolean not null default false,
  -- The pages that the parser is to read next, counted from 1; null: all.
  pages_to_read int[],
  -- Whether they are what it failed on a moment ago, and are asked for once more.
  is_page_reparse boolean not null default false,
  -- Where the next invocation of the stage begins, in the stage's own terms; null: at the beginning.
  resume jsonb,
  correlation_id text,
  -- The invocation that claimed it last.
  run_id uuid,
  upload_expires_at timestamptz,
  -- When its owner last had it counted for the day.
  counted_at timestamptz not null default now(),
  claimed_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,

  constraint stage_and_message_go_together check ((stage is null) = (message_id is null)),
  constraint finished_job_has_no_message check (finished_at is null or message_id is null),
  constraint unfinished_job_has_a_message check (
    finished_at is not null or status = 'awaiting_upload' or user_queued_at is not null or message_id is not null),
  constraint user_queued_job_has_no_message check (
    user_queued_at is null or (message_id is null and status = 'uploaded' and state = 'queued')),
  constraint done_matches_status check (
    (state = 'done') = (status in ('complete', 'duplicate', 'expired'))),
  constraint deadletter_matches_status check (
    (state = 'deadletter') = (status in ('failed_parse', 'failed_chunking', 'failed_embedding'))),
  constraint finished_at_matches_state check (
    (finished_at is not null) = (state in ('done', 'deadletter')))
) with (fillfactor = 70);
comment on table upload_pipeline.upload_jobs is
  'The way of one document through the stages. An unfinished job whose bytes have arrived has exactly one message, or stands in line.';
create index upload_jobs_user_id_idx on upload_pipeline.upload_jobs (user_id, created_at desc);
create unique index upload_jobs_message_idx on upload_pipeline.upload_jobs (stage, message_id)
  where message_id is not null;
create index upload_jobs_active_idx on upload_pipeline.upload_jobs (user_id) where message_id is not null;
create index upload_jobs_user_queue_idx on upload_pipeline.upload_jobs (user_id, user_queued_at)
  where user_queued_at is not null;
create index upload_jobs_awaiting_idx on upload_pipeline.upload_jobs (upload_expires_at)
  where status = 'awaiting_upload';
create index upload_jobs_isolated_idx on upload_pipeline.upload_jobs (stage) where is_isolated and message_id is not null;
create index upload_jobs_deadletter_idx on upload_pipeline.upload_jobs (finished_at) where state = 'deadletter';

create table upload_pipeline.events (
  event_no bigint generated always as identity primary key,
  event_id uuid not null unique default gen_random_uuid(),
  document_id uuid not null,
  job_id uuid not null,
  user_id uuid not null,
  type text not null check (type in ('status', 'retry', 'pause', 'warning', 'failure')),
  status text not null,
  stage text,
  code text,
  message text,
  attempt int,
  -- Of the request that registered the document.
  correlation_id text,
  -- Of the invocation that had it in work.
  run_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade
);
comment on table upload_pipeline.events is
  'Append-only. status: the job moved; retry: an attempt failed and another follows; pause: a provider asked for patience; warning: the document goes on, and its owner should know; failure: given up.';
create index events_document_id_idx on upload_pipeline.events (document_id, event_no);
create index events_user_id_idx on upload_pipeline.events (user_id, event_no);

create function pipeline_internal.record_move() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_via_status text;
  v_run_id uuid := case when 'working' in (old.state, new.state) then new.run_id end;
begin
  select t.via_status into v_via_status
  from pipeline_internal.transitions t where t.from_status = old.status and t.to_status = new.status;
  if not found then
    raise exception 'job % cannot move from % to %', new.job_id, old.status, new.status
      using errcode = 'check_violation', constraint = 'legal_transition';
  end if;

  insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, correlation_id, run_id)
  select new.document_id, new.job_id, new.user_id, 'status', passed.status, passed.stage, new.correlation_id, v_run_id
  from (values (v_via_status, old.stage), (new.status, new.stage)) passed (status, stage)
  where passed.status is not null;
  return null;
end $$;
comment on function pipeline_internal.record_move is
  'Refuses a move between statuses that pipeline_internal.transitions does not list, and makes every other an event, in the same transaction.';

create function pipeline_internal.record_first_status() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (select from upload_pipeline.statuses where status = new.status) then
    raise exception 'a job begins with a status that is none' using errcode = 'check_violation';
  end if;
  insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, correlation_id)
  values (new.document_id, new.job_id, new.user_id, 'status', new.status, new.stage, new.correlation_id);
  return null;
end $$;

create trigger record_first_status after insert on upload_pipeline.upload_jobs
  for each row execute function pipeline_internal.record_first_status();
-- A row each: most updates move nothing, and these the condition spares the function.
create trigger record_move after update on upload_pipeline.upload_jobs
  for each row when (old.status <> new.status) execute function pipeline_internal.record_move();

create function pipeline_internal.forbid_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update on upload_pipeline.events
  for each statement execute function pipeline_internal.forbid_change();
