-- The words of the pipeline and the rules that hold between them: statuses and their legal moves, stages and
-- their retry policy, limits. Policy and limits are rows, so that an operator changes them without a deployment.

create table upload_pipeline.statuses (
  status text primary key,
  -- How far the job is within its stage, and over all, when it has this status; percent.
  stage_pct smallint not null check (stage_pct between 0 and 100),
  total_pct smallint not null check (total_pct between 0 and 100),
  meaning text not null
);
comment on table upload_pipeline.statuses is
  'The public vocabulary of a job''s status.';

insert into upload_pipeline.statuses (status, stage_pct, total_pct, meaning) values
  ('awaiting_upload',         0,   0, 'registered; the bytes have not arrived'),
  ('uploaded',                0,  10, 'the bytes arrived; waiting to be verified and sent to the parser'),
  ('parse_queued',           50,  20, 'the parser is at work'),
  ('parsed',                 90,  40, 'the parsed text is stored'),
  ('parse_validated',       100,  45, 'the parsed text is good; waiting to be cut into chunks'),
  ('chunking',               10,  50, 'being cut into chunks'),
  ('chunks_stored',         100,  60, 'the chunks are stored'),
  ('embedding_queued',        0,  65, 'waiting to be embedded'),
  ('embedding_in_progress',  10,  70, 'being embedded'),
  ('embeddings_stored',     100,  95, 'the vectors are stored'),
  ('complete',              100, 100, 'searchable'),
  ('duplicate',             100, 100, 'the same bytes were already there'),
  ('expired',                 0,   0, 'the bytes never arrived'),
  ('failed_parse',            0,  20, 'could not be verified or parsed'),
  ('failed_chunking',         0,  50, 'could not be cut into chunks'),
  ('failed_embedding',        0,  70, 'could not be embedded');

create table pipeline_internal.transitions (
  from_status text not null references upload_pipeline.statuses,
  to_status text not null references upload_pipeline.statuses,
  -- A status passed through within the move; its event comes first.
  via_status text references upload_pipeline.statuses,
  primary key (from_status, to_status)
);
comment on table pipeline_internal.transitions is
  'The legal moves between statuses. A trigger on upload_jobs refuses every other.';

insert into pipeline_internal.transitions (from_status, to_status, via_status) values
  ('parse_queued', 'parse_validated', 'parsed'),
  -- text, which needs no parser
  ('uploaded', 'parse_validated', 'parsed'),
  ('chunking', 'embedding_queued', 'chunks_stored'),
  ('embedding_in_progress', 'complete', 'embeddings_stored');
insert into pipeline_internal.transitions (from_status, to_status) values
  ('awaiting_upload', 'uploaded'),
  ('awaiting_upload', 'expired'),
  ('uploaded', 'parse_queued'),
  ('uploaded', 'failed_parse'),
  ('parse_queued', 'parsed'),
  ('parse_queued', 'failed_parse'),
  -- the parser got stuck: submitted anew, once
  ('parse_queued', 'uploaded'),
  ('parsed', 'parse_validated'),
  ('parse_validated', 'chunking'),
  ('parse_validated', 'failed_chunking'),
  ('chunking', 'chunks_stored'),
  ('chunking', 'failed_chunking'),
  ('chunks_stored', 'embedding_queued'),
  ('embedding_queued', 'embedding_in_progress'),
  ('embedding_queued', 'failed_embedding'),
  ('embedding_in_progress', 'embeddings_stored'),
  ('embedding_in_progress', 'failed_embedding'),
  ('embeddings_stored', 'complete'),
  -- cut and embedded again, by a newer chunker or model
  ('complete', 'parse_validated'),
  -- pages read again; what could not be read again leaves the document as it was
  ('complete', 'uploaded'),
  ('uploaded', 'complete'),
  ('parse_queued', 'complete'),
  -- redriving what failed
  ('failed_parse', 'uploaded'),
  ('failed_chunking', 'parse_validated'),
  ('failed_embedding', 'embedding_queued'),
  -- uploading again what failed or never arrived
  ('failed_parse', 'awaiting_upload'),
  ('failed_chunking', 'awaiting_upload'),
  ('failed_embedding', 'awaiting_upload'),
  ('expired', 'awaiting_upload');

create table pipeline_internal.stages (
  stage text primary key check (stage ~ '^[a-z_]+$'),
  -- What a job's status is when it waits for the stage, while a worker has it, and when the stage gives up.
  entry_status text not null references upload_pipeline.statuses,
  working_status text not null references upload_pipeline.statuses,
  failed_status text not null references upload_pipeline.statuses,
  -- Where a job goes on success; with no next stage it is complete.
  next_stage text references pipeline_internal.stages deferrable initially deferred,
  -- The stage at which a job that failed here starts again.
  redrive_stage text not null references pipeline_internal.stages deferrable initially deferred,
  max_attempts smallint not null check (max_attempts > 0),
  backoff_base_seconds real not null check (backoff_base_seconds > 0),
  backoff_cap_seconds real not null check (backoff_cap_seconds >= backoff_base_seconds),
  -- Each delay is drawn from (1 ± jitter) × the computed one.
  jitter real not null check (jitter between 0 and 1),
  lease_seconds real not null check (lease_seconds >= 1),
  -- Losses that nothing explains before a document is tried alone; as many more, alone, before it is given up; losses of every
  -- kind before it is given up anyway; and the longest pause after one. See lose_attempt.
  isolate_after smallint not null default 2 check (isolate_after > 0),
  max_lost_alone smallint not null default 3 check (max_lost_alone > 0),
  max_lost smallint not null default 20 check (max_lost >= isolate_after + max_lost_alone),
  lost_cap_seconds real not null default 3600 check (lost_cap_seconds > 0),
  -- Messages that one invocation works at once, the most it claims in one round trip, and invocations at once.
  slots smallint not null check (slots > 0),
  batch smallint not null check (batch > 0),
  max_invocations smallint not null check (max_invocations > 0),
  -- While an operator holds the stage back: since when, and why. See pause_stage.
  paused_at timestamptz,
  paused_because text,
  constraint pause_has_a_reason check ((paused_at is null) = (paused_because is null))
);
comment on table pipeline_internal.stages is
  'One row for each stage, which its own migration inserts: its queue has the same name; order of the stages, retry policy, lease and concurrency. Operators change it without a deployment.';

create table pipeline_internal.limits (
  singleton boolean primary key default true check (singleton),
  max_file_bytes bigint not null default 25 * 1024 * 1024 check (max_file_bytes > 0),
  max_pages int not null default 200 check (max_pages > 0),
  -- What one invocation cuts into chunks within the platform's CPU time, with room to spare: a megabyte takes some 0.3 s.
  max_text_bytes int not null default 3 * 1024 * 1024 check (max_text_bytes > 0),
  -- All: a document of which one page was read keeps that page, and says which others it lacks. The parser's own default, a
  -- twentieth, would throw away the rest.
  max_failed_page_ratio real not null default 1 check (max_failed_page_ratio between 0 and 1),
  ocr_languages text[] not null default '{}'
    check ('' <> all (ocr_languages)
           and array_to_string(ocr_languages, e'\n', '?') ~ '^([a-z]{2,3}([_-][a-zA-Z]+)?(\n|$))*$'),
  active_documents_per_user int not null default 2 check (active_documents_per_user > 0),
  -- Whatever has a document worked on counts: registering it, again once it failed or expired, retrying it, reading it again.
  uploads_per_user_per_day int not null default 30 check (uploads_per_user_per_day > 0),
  -- What the parser is asked to read for one user, whoever asked for it and however often: as many as so many uploads may have.
  pages_per_user_per_day int not null default 6000 check (pages_per_user_per_day > 0),
  -- What one user may have at once.
  documents_per_user int not null default 1000 check (documents_per_user > 0),
  bytes_per_user bigint not null default 5368709120 check (bytes_per_user > 0),
  status_polls_per_minute int not null default 10 check (status_polls_per_minute > 0),
  requests_per_user_per_hour int not null default 1000 check (requests_per_user_per_hour > 0),
  upload_url_seconds int not null default 7200 check (upload_url_seconds > 0),
  allowed_mime_types text[] not null default array['application/pdf'],
  -- How long a parse may take before it is given up, and the rhythm in which an unfinished one is asked after.
  parse_deadline_seconds int not null default 3600 check (parse_deadline_seconds > 0),
  first_poll_seconds real not null default 5 check (first_poll_seconds > 0),
  max_poll_seconds real not null default 60 check (max_poll_seconds >= first_poll_seconds)
);
comment on table pipeline_internal.limits is 'The one place of every limit. One row.';
comment on column pipeline_internal.limits.max_failed_page_ratio is
  'The share of a document''s pages, 0 to 1, that the parser may fail on before the parse itself fails.';
comment on column pipeline_internal.limits.ocr_languages is
  'What scans are written in, the main language first: ISO 639-1 codes or LlamaParse''s own (ch_sim). Empty: the parser''s default.';
insert into pipeline_internal.limits default values;
