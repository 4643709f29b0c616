-- The stage parse: verifies what was uploaded and submits it to LlamaParse. TypeScript: _stages/parse.ts.

insert into pipeline_internal.stages (
  stage, entry_status, working_status, failed_status, redrive_stage, provider, requests_per_message,
  max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations
) values (
  'parse', 'uploaded', 'uploaded', 'failed_parse', 'parse', 'llamaparse', 1,
  5, 2, 300, 0.2, 60, 2, 2, 2
);
select pipeline_internal.create_queues();

create type pipeline_internal.parse_output as (submission_id uuid, provider_job_id text);

create function pipeline_internal.keep_original(p_job upload_pipeline.upload_jobs, p_mime text) returns void
language plpgsql set search_path = '' as $$
begin
  update upload_pipeline.documents
  set mime = coalesce(p_mime, mime), verified_at = coalesce(verified_at, clock_timestamp()),
      updated_at = clock_timestamp()
  where document_id = p_job.document_id and (verified_at is null or mime <> p_mime);
  if found then
    perform pipeline_internal.remove_late_upload(p_job.document_id);
  end if;
end $$;
comment on function pipeline_internal.keep_original is
  'Records that the file at original_path is what was announced, of this type (null: the announced type). From then '
  'on its owner can download it. The caller holds the fence.';

create function pipeline_internal.accept_original(p_lease pipeline_internal.lease, p_mime text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
begin
  if v_job.job_id is null then return false; end if;
  perform pipeline_internal.keep_original(v_job, p_mime);
  return true;
end $$;
comment on function pipeline_internal.accept_original is
  'keep_original for a document that is not submitted. False: the lease was lost.';

create function pipeline_internal.begin_submission(
  p_lease pipeline_internal.lease, p_mime text default null, p_page_count int default null
) returns table (
  submission_id uuid, requested_at timestamptz, is_new boolean, pages int[], ocr boolean, wait_seconds int
)
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
  v_page_count int;
  v_wait_seconds int;
begin
  if v_job.job_id is null then return; end if;
  perform pipeline_internal.keep_original(v_job, p_mime);

  return query
    select s.submission_id, s.requested_at, false, s.pages, s.ocr, null::int
    from pipeline_internal.submissions s
    where s.job_id = v_job.job_id and s.finished_at is null;
  if found then return; end if;

  v_page_count := (
    select greatest(1, least(l.max_pages + 1, coalesce(
      cardinality(v_job.pages_to_read),
      pipeline_internal.expected_pages(d.mime, d.bytes_len, coalesce(p_page_count, d.page_count)))))
    from pipeline_internal.limits l, upload_pipeline.documents d where d.document_id = v_job.document_id);
  v_wait_seconds := pipeline_internal.consume_pages(v_job.user_id, v_page_count);
  if v_wait_seconds is not null then
    return query select null::uuid, null::timestamptz, false, null::int[], false, v_wait_seconds;
    return;
  end if;
  return query
    insert into pipeline_internal.submissions as s (job_id, pages, ocr, is_page_reparse, counted_pages)
    values (v_job.job_id, v_job.pages_to_read, v_job.ocr, v_job.is_page_reparse, v_page_count)
    returning s.submission_id, s.requested_at, true, s.pages, s.ocr, null::int;
end $$;
comment on function pipeline_internal.begin_submission is
  'Keeps the verified original (see keep_original) and records the intent to submit it. is_new false: an earlier '
  'attempt recorded it, so the caller looks for its result before it submits. pages: those to parse, null for all. '
  'p_page_count: as the file says, null if it does not; they count for the owner''s daily pages. wait_seconds: the '
  'daily pages are used up, and nothing is recorded. No row: the lease was lost.';

create function pipeline_internal.complete_parse(
  p_job upload_pipeline.upload_jobs, p_output pipeline_internal.parse_output
) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_submission pipeline_internal.submissions;
begin
  -- Locks the submission: receive_delivery waits until the message exists that it makes due.
  update pipeline_internal.submissions
  set provider_job_id = p_output.provider_job_id, submitted_at = clock_timestamp()
  where submission_id = p_output.submission_id and job_id = p_job.job_id
  returning * into strict v_submission;

  -- A webhook call that overtook this settlement is found here.
  if exists (
    select from pipeline_internal.deliveries d
    where d.provider_job_id = v_submission.provider_job_id
      or (d.job_id = p_job.job_id and d.received_at >= v_submission.requested_at)
  ) then
    return 0;
  end if;
  return (select first_poll_seconds from pipeline_internal.limits);
end $$;
comment on function pipeline_internal.complete_parse is
  'Records the provider''s job id. Returns the seconds until the first poll, 0 if the webhook call has come already.';
