-- Statuses and their legal transitions, stages with their retry policy, and limits. All are rows, so an operator
-- changes policy and limits without a deployment.

create table upload_pipeline.statuses (
  status text primary key,
  -- Progress within the stage, and of the whole document, at this status; percent.
  stage_pct smallint not null check (stage_pct between 0 and 100),
  total_pct smallint not null check (total_pct between 0 and 100),
  meaning text not null
);
comment on table upload_pipeline.statuses is 'The public vocabulary of a job''s status.';

insert into upload_pipeline.statuses (status, stage_pct, total_pct, meaning) values
  ('awaiting_upload',         0,   0, 'registered; the bytes have not arrived yet'),
  ('uploaded',                0,  10, 'the bytes have arrived; waiting to be verified and sent to the parser'),
  ('parse_queued',           50,  20, 'the parser is reading the document'),
  ('parsed',                 90,  40, 'the parsed text is stored'),
  ('parse_validated',       100,  45, 'the parsed text is valid; waiting to be chunked'),
  ('chunking',               10,  50, 'being chunked'),
  ('chunks_stored',         100,  60, 'the chunks are stored'),
  ('embedding_queued',        0,  65, 'waiting to be embedded'),
  ('embedding_in_progress',  10,  70, 'being embedded'),
  ('embeddings_stored',     100,  95, 'the vectors are stored'),
  ('complete',              100, 100, 'searchable'),
  ('duplicate',             100, 100, 'the same bytes had been uploaded before'),
  ('expired',                 0,   0, 'the bytes never arrived'),
  ('failed_parse',            0,  20, 'could not be verified or parsed'),
  ('failed_chunking',         0,  50, 'could not be chunked'),
  ('failed_embedding',        0,  70, 'could not be embedded');

create table pipeline_internal.transitions (
  from_status text not null references upload_pipeline.statuses,
  to_status text not null references upload_pipeline.statuses,
  -- A status that the job passes within the same transition; its event comes first.
  via_status text references upload_pipeline.statuses,
  cause text not null,
  primary key (from_status, to_status)
);
comment on table pipeline_internal.transitions is
  'The legal transitions between statuses. A trigger on upload_jobs refuses every other transition.';

insert into pipeline_internal.transitions (from_status, to_status, via_status, cause) values
  ('awaiting_upload', 'uploaded', null, 'bytes arrived'),
  ('awaiting_upload', 'expired', null, 'bytes never arrived'),
  ('uploaded', 'parse_queued', null, 'submitted'),
  ('uploaded', 'parse_validated', 'parsed', 'text needs no parser'),
  ('uploaded', 'failed_parse', null, 'rejected'),
  ('parse_queued', 'parsed', null, 'result fetched'),
  ('parse_queued', 'parse_validated', 'parsed', 'result fetched'),
  ('parse_queued', 'failed_parse', null, 'rejected'),
  -- Once for each document whose parse is stuck.
  ('parse_queued', 'uploaded', null, 'resubmit'),
  ('parsed', 'parse_validated', null, 'checked'),
  ('parse_validated', 'chunking', null, 'claimed'),
  ('parse_validated', 'failed_chunking', null, 'rejected'),
  ('chunking', 'chunks_stored', null, 'chunked'),
  ('chunking', 'embedding_queued', 'chunks_stored', 'chunked'),
  ('chunking', 'failed_chunking', null, 'rejected'),
  ('chunks_stored', 'embedding_queued', null, 'queued'),
  ('embedding_queued', 'embedding_in_progress', null, 'claimed'),
  ('embedding_queued', 'failed_embedding', null, 'rejected'),
  ('embedding_in_progress', 'embeddings_stored', null, 'embedded'),
  ('embedding_in_progress', 'complete', 'embeddings_stored', 'embedded'),
  ('embedding_in_progress', 'failed_embedding', null, 'rejected'),
  ('embeddings_stored', 'complete', null, 'switched'),
  -- With another chunker or model.
  ('complete', 'parse_validated', null, 're-chunk'),
  -- If a reparse fails, the document stays complete with its old text.
  ('complete', 'uploaded', null, 'reparse'),
  ('uploaded', 'complete', null, 'reparse failed'),
  ('parse_queued', 'complete', null, 'reparse failed'),
  ('failed_parse', 'uploaded', null, 'redrive'),
  ('failed_chunking', 'parse_validated', null, 'redrive'),
  ('failed_embedding', 'embedding_queued', null, 'redrive'),
  ('failed_parse', 'awaiting_upload', null, 'registered again'),
  ('failed_chunking', 'awaiting_upload', null, 'registered again'),
  ('failed_embedding', 'awaiting_upload', null, 'registered again'),
  ('expired', 'awaiting_upload', null, 'registered again');

create table pipeline_internal.stages (
  stage text primary key check (stage ~ '^[a-z_]+$'),
  entry_status text not null references upload_pipeline.statuses,
  working_status text not null references upload_pipeline.statuses,
  failed_status text not null references upload_pipeline.statuses,
  next_stage text references pipeline_internal.stages deferrable initially deferred,
  redrive_stage text not null references pipeline_internal.stages deferrable initially deferred,
  max_attempts smallint not null check (max_attempts > 0),
  backoff_base_seconds real not null check (backoff_base_seconds > 0),
  -- A month: an interval that Postgres can add to any time.
  backoff_cap_seconds real not null check (backoff_cap_seconds between backoff_base_seconds and 2592000),
  jitter real not null check (jitter between 0 and 1),
  lease_seconds real not null check (lease_seconds between 1 and 86400),
  isolate_after smallint not null default 2 check (isolate_after > 0),
  max_lost_alone smallint not null default 3 check (max_lost_alone > 0),
  max_lost smallint not null default 20 check (max_lost >= isolate_after + max_lost_alone),
  lost_cap_seconds real not null default 3600 check (lost_cap_seconds > 0 and lost_cap_seconds <= 2592000),
  slots smallint not null check (slots > 0),
  batch smallint not null check (batch > 0),
  max_invocations smallint not null check (max_invocations > 0),
  paused_at timestamptz,
  paused_because text,
  constraint pause_has_a_reason check ((paused_at is null) = (paused_because is null))
);
comment on table pipeline_internal.stages is
  'One row for each stage, inserted by the stage''s own migration: its queue (of the same name), its place in the '
  'sequence, '
  'its retry policy, lease and concurrency. An operator may change a row without a deployment.';
comment on column pipeline_internal.stages.entry_status is
  'A job that waits for the stage has this status.';
comment on column pipeline_internal.stages.working_status is
  'A job that a worker holds has this status.';
comment on column pipeline_internal.stages.failed_status is
  'A job that the stage gave up has this status.';
comment on column pipeline_internal.stages.next_stage is
  'The stage that follows on success. Null: the job is complete.';
comment on column pipeline_internal.stages.redrive_stage is
  'The stage at which a job that failed here starts again.';
comment on column pipeline_internal.stages.max_attempts is
  'Attempts before the stage gives a job up.';
comment on column pipeline_internal.stages.backoff_base_seconds is
  'The delay before the second attempt. Each further attempt doubles it.';
comment on column pipeline_internal.stages.backoff_cap_seconds is
  'The longest delay before an attempt.';
comment on column pipeline_internal.stages.jitter is
  'Each delay is drawn from (1 ± jitter) × the computed one.';
comment on column pipeline_internal.stages.lease_seconds is
  'How long a claimed message belongs to its worker, who extends it while it works.';
comment on column pipeline_internal.stages.isolate_after is
  'Unexplained losses of a worker before the document is tried alone.';
comment on column pipeline_internal.stages.max_lost_alone is
  'Further losses, alone, before the document is given up.';
comment on column pipeline_internal.stages.max_lost is
  'Losses of every kind before the document is given up.';
comment on column pipeline_internal.stages.lost_cap_seconds is
  'The longest delay after a loss.';
comment on column pipeline_internal.stages.slots is
  'Messages that one invocation works on at once.';
comment on column pipeline_internal.stages.batch is
  'Messages that one invocation claims in a round trip, at most.';
comment on column pipeline_internal.stages.max_invocations is
  'Invocations at once.';
comment on column pipeline_internal.stages.paused_at is
  'Since when an operator has paused the stage.';
comment on column pipeline_internal.stages.paused_because is
  'Why an operator has paused the stage. See pause_stage.';

create table pipeline_internal.limits (
  singleton boolean primary key default true check (singleton),
  max_file_bytes bigint not null default 25 * 1024 * 1024 check (max_file_bytes > 0),
  max_pages int not null default 200 check (max_pages > 0),
  -- An invocation must chunk this much within the platform's CPU time, with a margin: one megabyte takes about 0.3 s.
  max_text_bytes int not null default 3 * 1024 * 1024 check (max_text_bytes > 0),
  -- With 1, a document keeps every page that the parser could read, and a warning names the others. The parser's own
  -- default, one twentieth, would discard the whole document.
  max_failed_page_ratio real not null default 1 check (max_failed_page_ratio between 0 and 1),
  ocr_languages text[] not null default '{}'
    check ('' <> all (ocr_languages)
           and array_to_string(ocr_languages, e'\n', '?') ~ '^([a-z]{2,3}([_-][a-zA-Z]+)?(\n|$))*$'),
  active_documents_per_user int not null default 2 check (active_documents_per_user > 0),
  uploads_per_user_per_day int not null default 30 check (uploads_per_user_per_day > 0),
  pages_per_user_per_day int not null default 6000 check (pages_per_user_per_day > 0),
  documents_per_user int not null default 1000 check (documents_per_user > 0),
  bytes_per_user bigint not null default 5368709120 check (bytes_per_user > 0),
  status_polls_per_minute int not null default 10 check (status_polls_per_minute > 0),
  requests_per_user_per_hour int not null default 1000 check (requests_per_user_per_hour > 0),
  upload_url_seconds int not null default 7200 check (upload_url_seconds > 0),
  allowed_mime_types text[] not null default array['application/pdf'],
  parse_deadline_seconds int not null default 3600 check (parse_deadline_seconds > 0),
  first_poll_seconds real not null default 5 check (first_poll_seconds > 0),
  max_poll_seconds real not null default 60 check (max_poll_seconds between first_poll_seconds and 86400)
);
comment on table pipeline_internal.limits is 'All limits. One row.';
comment on column pipeline_internal.limits.max_file_bytes is
  'The largest file.';
comment on column pipeline_internal.limits.max_pages is
  'The most pages of a document.';
comment on column pipeline_internal.limits.max_text_bytes is
  'The longest parsed text of a document.';
comment on column pipeline_internal.limits.active_documents_per_user is
  'Documents of one user that are in work at once. Further ones wait in the user queue.';
comment on column pipeline_internal.limits.uploads_per_user_per_day is
  'Documents that one user starts work on in 24 hours: registered, registered again after a failure or expiry, '
  'retried or reparsed. Deleted documents count too.';
comment on column pipeline_internal.limits.pages_per_user_per_day is
  'Pages that LlamaParse is asked to read for one user in 24 hours, reparses and resubmissions included.';
comment on column pipeline_internal.limits.documents_per_user is
  'Documents that one user may keep.';
comment on column pipeline_internal.limits.bytes_per_user is
  'Bytes of files that one user may keep.';
comment on column pipeline_internal.limits.status_polls_per_minute is
  'Requests for the status of one document or job.';
comment on column pipeline_internal.limits.requests_per_user_per_hour is
  'Requests of one user.';
comment on column pipeline_internal.limits.upload_url_seconds is
  'How long a signed URL is valid. Storage sets this.';
comment on column pipeline_internal.limits.allowed_mime_types is
  'File types that may be uploaded. Set it through allow_file_types, which changes the bucket too.';
comment on column pipeline_internal.limits.parse_deadline_seconds is
  'How long LlamaParse may take before the parse is given up.';
comment on column pipeline_internal.limits.first_poll_seconds is
  'When LlamaParse is first polled if no callback came.';
comment on column pipeline_internal.limits.max_poll_seconds is
  'The longest interval between two polls.';
comment on column pipeline_internal.limits.max_failed_page_ratio is
  'The share of a document''s pages, 0 to 1, that may fail before the parse itself fails.';
comment on column pipeline_internal.limits.ocr_languages is
  'The languages of scans, the main one first: ISO 639-1 codes or LlamaParse''s own codes (ch_sim). Empty: the '
  'parser''s default.';
comment on constraint limits_ocr_languages_check on pipeline_internal.limits is
  'codes of languages, such as en, de or ch_sim, and none of them empty';
insert into pipeline_internal.limits default values;
