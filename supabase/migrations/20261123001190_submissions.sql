-- Submissions: what the pipeline has asked of LlamaParse, which answers by webhook. The stage parse records each
-- submission before it submits, so that a crash between the two leads to a search for the result instead of a second
-- payment. The job's message waits in the queue of fetch_result; a webhook makes it due at once, otherwise it falls due
-- by itself and the parser is polled.

create table pipeline_internal.submissions (
  submission_id uuid primary key default gen_random_uuid(),
  job_id uuid not null references upload_pipeline.upload_jobs on delete cascade,
  provider_job_id text unique,
  -- The pages to parse, counted from 1 (null: all), with OCR or without, and whether they are parsed once more.
  pages int[],
  ocr boolean not null default false,
  is_page_reparse boolean not null default false,
  requested_at timestamptz not null default clock_timestamp(),
  submitted_at timestamptz,
  finished_at timestamptz,
  outcome text,
  poll_count int not null default 0,
  -- Pages that the submission counts for in its owner's daily pages.
  counted_pages int not null default 0
);
comment on table pipeline_internal.submissions is
  'One row for each submission of a document to LlamaParse: the intent first, then the provider''s id, then the '
  'outcome.';
create unique index submissions_open_idx on pipeline_internal.submissions (job_id) where finished_at is null;
create index submissions_job_id_idx on pipeline_internal.submissions (job_id);

create table pipeline_internal.deliveries (
  event_id text primary key check (char_length(event_id) <= 200),
  event_type text not null,
  provider_job_id text,
  job_id uuid,
  request_id text,
  received_at timestamptz not null default clock_timestamp()
);
comment on table pipeline_internal.deliveries is
  'Every verified webhook call, once. LlamaParse signs no timestamp, so the event id identifies a replay.';
create index deliveries_provider_job_id_idx on pipeline_internal.deliveries (provider_job_id);
create index deliveries_received_at_idx on pipeline_internal.deliveries (received_at);

alter table pipeline_internal.submissions enable row level security;
alter table pipeline_internal.deliveries enable row level security;

create function pipeline_internal.unread_pages(p_warnings jsonb, p_ocr boolean) returns int[]
language sql immutable strict parallel safe set search_path = '' as $$
  select array(
    select distinct page::int
    from jsonb_array_elements(p_warnings) w
    cross join lateral jsonb_array_elements_text(w -> 'pages') page
    -- A page without text may be a scan, which only OCR reads.
    where w ->> 'code' = 'PAGES_UNREAD' or (p_ocr and w ->> 'code' = 'PAGES_EMPTY')
    order by 1)
$$;
comment on function pipeline_internal.unread_pages is
  'The pages that may have text if they are parsed once more: those that the parser failed on and, with OCR, those '
  'without text.';

create function pipeline_internal.close_submission(p_job_id uuid, p_outcome text) returns void
language sql set search_path = '' as $$
  update pipeline_internal.submissions
  set finished_at = clock_timestamp(), outcome = p_outcome
  where job_id = p_job_id and finished_at is null
$$;
comment on function pipeline_internal.close_submission is 'Closes the job''s open submission, if it has one.';
