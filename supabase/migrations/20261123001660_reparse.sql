-- Parses pages of a document again: pages that the parser failed on, or all pages, with OCR for a scan. The active
-- version answers searches until the pending version is complete.

create function pipeline_internal.reparse_document(
  p_user_id uuid, p_document_id uuid, p_pages int[], p_is_unread boolean, p_ocr boolean, p_request_id text default null,
  p_network cidr default null,
  out outcome text, out job_id uuid, out status text, out pages int[], out page_count int, out limit_name text,
  out limit_value bigint, out retry_after_seconds int, out reason jsonb
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_limits pipeline_internal.limits;
  v_document upload_pipeline.documents;
  v_job upload_pipeline.upload_jobs;
  v_budget record;
  v_entry record;
begin
  select * into strict v_limits from pipeline_internal.limits;
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.register_upload:' || p_user_id, 0));
  perform from auth.users u where u.id = p_user_id for key share;
  select * into v_job from upload_pipeline.upload_jobs j
  where j.document_id = p_document_id and j.user_id = p_user_id for update;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  select * into strict v_document from upload_pipeline.documents d where d.document_id = p_document_id;
  job_id := v_job.job_id;
  status := v_job.status;
  page_count := v_document.page_count;

  if v_document.mime in ('text/plain', 'text/markdown') then
    outcome := 'not_parsed';
    return;
  end if;
  if v_job.status not in ('complete', 'failed_parse') then
    outcome := 'busy';
    return;
  end if;
  if v_job.status = 'failed_parse' and pipeline_internal.is_final(v_job, p_ocr) then
    outcome := 'refused';
    reason := v_job.last_error;
    return;
  end if;
  -- A document that was never parsed has nothing to keep: all of its pages are parsed.
  pages := case
    when v_job.status = 'failed_parse' then null
    when p_is_unread then pipeline_internal.unread_pages(v_document.warnings, coalesce(p_ocr, false))
    else array(select distinct p from unnest(p_pages) p order by p) end;
  if v_job.status = 'complete' and p_is_unread and pages = '{}' then
    outcome := 'nothing_unread';
    return;
  end if;
  if p_pages is null and not p_is_unread then
    pages := null;
  elsif 1 > any (pages) or v_document.page_count < any (pages)
        or v_document.page_count is null and pages is not null then
    outcome := 'no_such_page';
    return;
  end if;

  if v_limits.monthly_budget_cents is not null or pipeline_internal.budget_of(p_user_id) is not null then
    select * into v_budget from pipeline_internal.exceeded_budget(
      p_user_id, pipeline_internal.document_cents(
        v_document.mime, v_document.bytes_len, coalesce(cardinality(pages), v_document.page_count)));
    if found then
      outcome := v_budget.scope || '_budget_spent';
      limit_value := round(v_budget.monthly_cents);
      retry_after_seconds := ceil(extract(epoch from
        (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc' - clock_timestamp()));
      return;
    end if;
  end if;
  v_entry := pipeline_internal.consume_paid_request(p_user_id);
  if v_entry.limit_name is not null then
    outcome := 'daily_limit';
    limit_name := v_entry.limit_name;
    limit_value := v_entry.limit_value;
    retry_after_seconds := v_entry.retry_after_seconds;
    return;
  end if;

  update upload_pipeline.upload_jobs j
  set pages_to_read = reparse_document.pages, ocr = coalesce(p_ocr, ocr), is_page_reparse = false,
      correlation_id = p_request_id, counted_at = clock_timestamp(), updated_at = clock_timestamp()
  where j.job_id = v_job.job_id;
  perform pipeline_internal.close_submission(v_job.job_id, 'superseded');
  perform pipeline_internal.admit(v_job.job_id, p_user_id);
  select j.status, j.ocr into strict v_job.status, v_job.ocr
  from upload_pipeline.upload_jobs j where j.job_id = v_job.job_id;
  status := v_job.status;
  perform pipeline_internal.record_audit_entry(
    'reparse', p_user_id, p_document_id, p_request_id, p_network,
    jsonb_build_object('pages', to_jsonb(pages), 'ocr', v_job.ocr));
  outcome := 'accepted';
end $$;
comment on function pipeline_internal.reparse_document is
  'Queues a reparse of the user''s document: of p_pages, of all unread pages (p_is_unread), or of all pages (neither). '
  'p_ocr null: with OCR if it was used before. It counts as an upload of the day. status: the document''s new status. '
  'accepted: the pages (null: all) wait like an upload; unknown: no such document; not_parsed: text, which needs no '
  'parser; busy: it is being processed; nothing_unread; no_such_page: beyond page_count; refused: it failed with an '
  'error of class document, which is in reason; or a limit or budget, as register_upload reports it. Otherwise nothing '
  'changes.';
revoke execute on function pipeline_internal.reparse_document
  from public, anon, authenticated, service_role;
