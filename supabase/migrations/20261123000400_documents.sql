-- A document, its job, and the events of its history.

create table upload_pipeline.documents (
  document_id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  -- The name that the user gave: for display only, never part of a path.
  filename text not null check (char_length(filename) between 1 and 120),
  -- The full name, if it is longer than filename may be.
  filename_full text check (char_length(filename_full) between 121 and 1000),
  mime text not null,
  bytes_len bigint not null check (bytes_len > 0),
  file_sha256 text not null check (file_sha256 ~ '^[0-9a-f]{64}$'),
  -- The path that signed upload URLs point to. They stay valid for two hours, whatever happens to the document.
  raw_path text not null unique,
  -- The path to which a worker moves the uploaded bytes. Only the pipeline can write there.
  original_path text not null unique,
  -- When a worker verified that the bytes match the registration. Users can download the original from then on.
  verified_at timestamptz,
  parsed_path text,
  parsed_sha256 text check (parsed_sha256 ~ '^[0-9a-f]{64}$'),
  page_count int check (page_count > 0),
  -- The start of each page in the parsed Markdown, in UTF-16 code units.
  page_starts int[],
  -- The number of chunks in the active version.
  chunk_count int not null default 0 check (chunk_count >= 0),
  -- The title within the document; null before it has been chunked, and for a document without one.
  title text check (char_length(title) between 1 and 300),
  -- The language of the text, an ISO 639-1 code; null if it is unknown.
  language text check (language ~ '^[a-z]{2}$'),
  -- Warnings for the owner: [{code, message, pages}], ordered by code. Empty: every page was read.
  warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A reference of the system that sent the document.
  policy_id text check (char_length(policy_id) <= 128),
  -- Lets other tables carry the owner, with a foreign key that proves that it is the same one.
  unique (document_id, user_id)
);
comment on table upload_pipeline.documents is
  'One row for each content that a user has registered. document_id = UUIDv5(namespace, user_id:sha256).';
create index documents_user_id_created_at_idx on upload_pipeline.documents (user_id, created_at desc);

create table upload_pipeline.upload_jobs (
  job_id uuid primary key default gen_random_uuid(),
  document_id uuid not null unique,
  user_id uuid not null,
  -- One of upload_pipeline.statuses. The trigger that checks each transition ensures this; foreign keys on status and
  -- stage would make all workers lock the same few rows.
  status text not null default 'awaiting_upload',
  state text not null default 'queued' check (state in ('queued', 'working', 'retryable', 'done', 'deadletter')),
  -- The stage whose queue holds the one message of this job, and the id of that message.
  stage text,
  message_id bigint,
  -- When the job entered the user queue; a queued job has no message.
  user_queued_at timestamptz,
  -- A code that says why the job waits, if not for a worker.
  waiting_for text,
  -- Attempts begun at this stage. A pause and a lost attempt give the attempt back.
  attempt_count int not null default 0 check (attempt_count >= 0),
  -- Lost attempts at this stage, and how many of them nothing else explains.
  lost_count int not null default 0 check (lost_count >= 0),
  unexplained_count int not null default 0 check (unexplained_count between 0 and lost_count),
  -- Whether the job is a suspect, which only isolation may process.
  is_isolated boolean not null default false,
  -- Failed attempts over the whole life of the job.
  retry_count int not null default 0 check (retry_count >= 0),
  next_attempt_at timestamptz,
  -- {code, message, reference}: the reference is the id of the failure event.
  last_error jsonb,
  units_done int not null default 0,
  units_total int not null default 0,
  ocr boolean not null default false,
  -- The pages that the parser reads next, counted from 1; null: all.
  pages_to_read int[],
  -- Whether pages_to_read are pages that the parser failed on, submitted once more.
  is_page_reparse boolean not null default false,
  -- Where the next invocation of the stage resumes, in a form that the stage defines; null: at the beginning.
  resume jsonb,
  correlation_id text,
  -- The run that claimed the job last.
  run_id uuid,
  upload_expires_at timestamptz,
  -- When the job last counted against the daily limit of its owner.
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
  'The progress of one document through the stages. An uploaded, unfinished job has exactly one message, or waits in '
  'the user queue.';
create index upload_jobs_user_id_idx on upload_pipeline.upload_jobs (user_id, created_at desc);
create unique index upload_jobs_message_idx on upload_pipeline.upload_jobs (stage, message_id)
  where message_id is not null;
create index upload_jobs_active_idx on upload_pipeline.upload_jobs (user_id) where message_id is not null;
create index upload_jobs_user_queue_idx on upload_pipeline.upload_jobs (user_id, user_queued_at)
  where user_queued_at is not null;
create index upload_jobs_awaiting_idx on upload_pipeline.upload_jobs (upload_expires_at)
  where status = 'awaiting_upload';
create index upload_jobs_isolated_idx on upload_pipeline.upload_jobs (stage)
  where is_isolated and message_id is not null;
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
  -- The id of the request that registered the document.
  correlation_id text,
  -- The run that processed the job.
  run_id uuid,
  -- When the attempt began that ended with this event; null where none did.
  claimed_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade
);
comment on table upload_pipeline.events is
  'Append-only. status: a transition; retry: an attempt failed and another is scheduled; pause: an attempt ended early '
  'because a provider asked to wait; warning: the document continues, and its owner should know; failure: the job was '
  'rejected.';
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

  insert into upload_pipeline.events (
    document_id, job_id, user_id, type, status, stage, correlation_id, run_id, claimed_at)
  select new.document_id, new.job_id, new.user_id, 'status', passed.status, passed.stage, new.correlation_id, v_run_id,
         case when old.state = 'working' then old.claimed_at end
  from (values (v_via_status, old.stage), (new.status, new.stage)) passed (status, stage)
  where passed.status is not null;
  return null;
end $$;
comment on function pipeline_internal.record_move is
  'Refuses a transition that pipeline_internal.transitions does not list, and records every other one as an event in '
  'the same transaction.';

create function pipeline_internal.record_first_status() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (select from upload_pipeline.statuses where status = new.status) then
    raise exception 'unknown status: %', new.status using errcode = 'check_violation';
  end if;
  insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, correlation_id)
  values (new.document_id, new.job_id, new.user_id, 'status', new.status, new.stage, new.correlation_id);
  return null;
end $$;

create trigger record_first_status after insert on upload_pipeline.upload_jobs
  for each row execute function pipeline_internal.record_first_status();
-- Per row with a condition: most updates change no status, and skip the function.
create trigger record_move after update on upload_pipeline.upload_jobs
  for each row when (old.status <> new.status) execute function pipeline_internal.record_move();

create function pipeline_internal.forbid_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update on upload_pipeline.events
  for each statement execute function pipeline_internal.forbid_change();
