-- LlamaParse works elsewhere and answers by webhook. What was asked of it is recorded before it is asked, so that a
-- crash between the two is found again rather than paid for twice. The job's message waits on `fetch_result`; a webhook brings
-- it forward, and if none comes it falls due by itself and the parser is asked.

create table pipeline_internal.submissions (
  submission_id uuid primary key default gen_random_uuid(),
  job_id uuid not null references upload_pipeline.upload_jobs on delete cascade,
  provider_job_id text unique,
  -- What was asked for: these pages, counted from 1, or all; with OCR or without; for the first time, or once more.
  pages int[],
  ocr boolean not null default false,
  is_page_reparse boolean not null default false,
  requested_at timestamptz not null default clock_timestamp(),
  submitted_at timestamptz,
  finished_at timestamptz,
  outcome text,
  poll_count int not null default 0,
  -- Pages that were counted for its owner's day when it was asked for.
  counted_pages int not null default 0
);
comment on table pipeline_internal.submissions is
  'One row for each time a document was given to LlamaParse: intent first, then the provider''s id, then the outcome.';
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
  'Every verified webhook call, once: LlamaParse signs no timestamp, so a replay is known by its event id.';
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
  'The pages that reading again may bring text of: those that the parser failed on and, with OCR, those without text.';

create function pipeline_internal.keep_original(p_job upload_pipeline.upload_jobs, p_mime text) returns void
language plpgsql set search_path = '' as $$
begin
  update upload_pipeline.documents
  set mime = coalesce(p_mime, mime), verified_at = coalesce(verified_at, clock_timestamp()), updated_at = clock_timestamp()
  where document_id = p_job.document_id and (verified_at is null or mime <> p_mime);
  if found then
    perform pipeline_internal.remove_late_upload(p_job.document_id);
  end if;
end $$;
comment on function pipeline_internal.keep_original is
  'What lies at original_path is what was announced, of this type (null: of the one that was announced): from now on it is given out. For use behind the fence.';

create function pipeline_internal.accept_original(p_lease pipeline_internal.lease, p_mime text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
begin
  if v_job.job_id is null then return false; end if;
  perform pipeline_internal.keep_original(v_job, p_mime);
  return true;
end $$;
comment on function pipeline_internal.accept_original is
  'keep_original for a worker that does not go on to begin_submission. False: the lease was lost.';

create function pipeline_internal.begin_submission(
  p_lease pipeline_internal.lease, p_mime text default null, p_page_count int default null
) returns table (
  submission_id uuid, requested_at timestamptz, is_new boolean, pages int[], ocr boolean, wait_seconds int
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_job upload_pipeline.upload_jobs := pipeline_internal.hold(p_lease);
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
  'Records that the document is about to be submitted, its bytes having been verified: see keep_original. Not new: an earlier attempt got this far, look for its result before paying again. pages: those to read, null for all. p_page_count: as the file says of itself, null if it does not; so many count for its owner''s day. wait_seconds: its owner has had as many pages read as one may in a day, and nothing is recorded. No row: the lease was lost.';

create function pipeline_internal.apply_parse(p_job upload_pipeline.upload_jobs, p_output jsonb)
returns double precision
language plpgsql set search_path = '' as $$
declare
  v_submission pipeline_internal.submissions;
begin
  -- Locks the submission: a webhook that comes now waits until the message is there to be brought forward.
  update pipeline_internal.submissions
  set provider_job_id = p_output ->> 'provider_job_id', submitted_at = clock_timestamp()
  where submission_id = (p_output ->> 'submission_id')::uuid and job_id = p_job.job_id
  returning * into strict v_submission;

  -- One that came before, overtaking us, is found here; then there is nothing to wait for.
  if exists (
    select from pipeline_internal.deliveries d
    where d.provider_job_id = v_submission.provider_job_id
      or (d.job_id = p_job.job_id and d.received_at >= v_submission.requested_at)
  ) then
    return 0;
  end if;
  return (select first_poll_seconds from pipeline_internal.limits);
end $$;
comment on function pipeline_internal.apply_parse is
  'Remembers the provider''s job. Returns the seconds to the first poll, 0 if the webhook is there already. p_output: {submission_id, provider_job_id}.';

create function pipeline_internal.current_submission(p_job_id uuid)
returns table (
  submission_id uuid, provider_job_id text, poll_count int, pages int[], ocr boolean, is_page_reparse boolean,
  warnings jsonb, is_overdue boolean
)
language sql stable set search_path = '' as $$
  select s.submission_id, s.provider_job_id, s.poll_count, s.pages, s.ocr, s.is_page_reparse,
         d.warnings,
         s.submitted_at < clock_timestamp() - make_interval(secs => l.parse_deadline_seconds)
  from pipeline_internal.submissions s
  join upload_pipeline.upload_jobs j using (job_id)
  join upload_pipeline.documents d using (document_id)
  cross join pipeline_internal.limits l
  where s.job_id = p_job_id and s.finished_at is null
$$;
comment on function pipeline_internal.current_submission is
  'The job''s open submission. warnings: what earlier readings left to be said of the document.';

create function pipeline_internal.close_submission(p_job_id uuid, p_outcome text) returns void
language sql set search_path = '' as $$
  update pipeline_internal.submissions
  set finished_at = clock_timestamp(), outcome = p_outcome
  where job_id = p_job_id and finished_at is null
$$;

create function pipeline_internal.poll_later(p_job upload_pipeline.upload_jobs) returns void
language plpgsql set search_path = '' as $$
declare
  v_submission pipeline_internal.submissions;
  v_delay double precision;
begin
  update pipeline_internal.submissions s set poll_count = s.poll_count + 1
  where s.job_id = p_job.job_id and s.finished_at is null
  returning * into v_submission;

  select case when exists (
           -- The webhook came while we were asking.
           select from pipeline_internal.deliveries d
           where (d.provider_job_id = v_submission.provider_job_id or d.job_id = p_job.job_id)
             and d.received_at > p_job.claimed_at
         ) then 0
         else least(l.max_poll_seconds, l.first_poll_seconds * power(1.5, least(v_submission.poll_count, 20))) end
  into v_delay from pipeline_internal.limits l;
  perform pipeline_internal.pause(p_job, 'PARSER_AT_WORK', null, v_delay);
end $$;
comment on function pipeline_internal.poll_later is
  'The parser is not done: ask again later, at growing intervals, or at once if its webhook came meanwhile. Costs no attempt.';

create function pipeline_internal.resubmit(p_job upload_pipeline.upload_jobs, p_code text, p_message text) returns void
language plpgsql set search_path = '' as $$
begin
  if (select count(*) from pipeline_internal.submissions
      where job_id = p_job.job_id and requested_at > clock_timestamp() - interval '1 day'
        and coalesce(outcome, '') not in ('collected', 'reparse_pages')) > 1 then
    perform pipeline_internal.close_submission(p_job.job_id, p_code);
    perform pipeline_internal.reject(p_job, p_code, p_message);
    return;
  end if;

  perform pipeline_internal.close_submission(p_job.job_id, p_code);
  perform pipeline_internal.record_error(p_job, 'retry', p_job.status, p_code, p_message);
  perform pipeline_internal.delete_messages(p_job.stage, array[p_job.message_id]);
  perform pipeline_internal.enqueue_all(array[p_job.job_id], 'parse', array[0], p_wakes => false);
  update upload_pipeline.upload_jobs set retry_count = retry_count + 1 where job_id = p_job.job_id;
end $$;
comment on function pipeline_internal.resubmit is
  'The parser got stuck or failed without a reason of the document''s: submit it anew, once a day; the second time, reject. The caller wakes the stage.';

create function pipeline_internal.record_warnings(p_job upload_pipeline.upload_jobs, p_warnings jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_known jsonb;
begin
  select warnings into v_known from upload_pipeline.documents where document_id = p_job.document_id for update;
  update upload_pipeline.documents set warnings = p_warnings where document_id = p_job.document_id;
  -- What its owner has been told before is not told again.
  perform pipeline_internal.record_error(p_job, 'warning', p_job.status, w ->> 'code', w ->> 'message')
  from jsonb_array_elements(p_warnings) with ordinality given (w, ord)
  where not v_known @> jsonb_build_array(w)
  order by ord;
end $$;
comment on function pipeline_internal.record_warnings is
  'From now on these are the document''s warnings; each that is new is an event. p_warnings: [{code, message, pages}].';

create function pipeline_internal.apply_fetch_result(p_job upload_pipeline.upload_jobs, p_output jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_page_starts int[] := array(select n::int from jsonb_array_elements_text(p_output -> 'page_starts') n);
  v_earlier_path text;
begin
  if p_output ? 'parsed_path' then
    select parsed_path into v_earlier_path from upload_pipeline.documents where document_id = p_job.document_id;
    update upload_pipeline.documents
    set parsed_path = p_output ->> 'parsed_path', parsed_sha256 = p_output ->> 'parsed_sha256',
        page_starts = v_page_starts, page_count = nullif(cardinality(v_page_starts), 0),
        updated_at = clock_timestamp()
    where document_id = p_job.document_id;
    if v_earlier_path <> p_output ->> 'parsed_path' then
      insert into pipeline_internal.file_cleanups (path) values (v_earlier_path);
    end if;
  end if;
  if p_output ? 'warnings' then
    perform pipeline_internal.record_warnings(p_job, p_output -> 'warnings');
  end if;
  perform pipeline_internal.close_submission(p_job.job_id, coalesce(p_output ->> 'outcome', 'collected'));
end $$;
comment on function pipeline_internal.apply_fetch_result is
  'The Markdown is stored and has text in it; without parsed_path, that of an earlier reading stays, and without warnings, those of then. p_output: {parsed_path?, parsed_sha256?, page_starts?, warnings?, outcome?: how the submission ended, if not collected}.';

create function pipeline_internal.reparse_pages(p_job upload_pipeline.upload_jobs, p_output jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  if p_output ? 'parsed_path' then
    perform pipeline_internal.apply_fetch_result(p_job, p_output);
  else
    perform pipeline_internal.close_submission(p_job.job_id, p_output ->> 'outcome');
  end if;
  perform pipeline_internal.delete_messages(p_job.stage, array[p_job.message_id]);
  update upload_pipeline.upload_jobs
  set is_page_reparse = true,
      pages_to_read = array(select n::int from jsonb_array_elements_text(p_output -> 'pages') n)
  where job_id = p_job.job_id;
  perform pipeline_internal.enqueue_all(array[p_job.job_id], 'parse', array[0], p_wakes => false);
end $$;
comment on function pipeline_internal.reparse_pages is
  'The parser failed on some pages: what it read is kept, and it is asked for these once more. p_output: as apply_fetch_result takes it, and pages. The caller wakes the stage.';

create function pipeline_internal.receive_delivery(
  p_event_id text, p_event_type text, p_provider_job_id text, p_job_id uuid, p_request_id text
) returns text
language plpgsql set search_path = '' as $$
declare
  v_job_id uuid;
  v_message_id bigint;
begin
  if p_event_type not like 'parse.%' then return 'ignored'; end if;

  insert into pipeline_internal.deliveries (event_id, event_type, provider_job_id, job_id, request_id)
  values (p_event_id, p_event_type, p_provider_job_id, p_job_id, p_request_id)
  on conflict (event_id) do nothing;
  if not found then return 'duplicate'; end if;
  -- LlamaParse is told at once, not when the disk has it: what a crash of the database forgot would be found by polling, as
  -- a call that never came is.
  perform set_config('synchronous_commit', 'off', true);

  -- Waits for whoever is writing to the submission: it either sees this delivery or lets us see its message.
  select s.job_id into v_job_id from pipeline_internal.submissions s
  where (s.job_id = p_job_id and s.finished_at is null) or s.provider_job_id = p_provider_job_id
  order by s.requested_at desc limit 1
  for update;
  if not found then
    return case when exists (select from upload_pipeline.upload_jobs where job_id = p_job_id)
                then 'accepted' else 'unknown_job' end;
  end if;

  -- Bring the waiting message forward. A worker that has it in hand, or is about to, is left alone: poll_later looks for us.
  select q.msg_id into v_message_id
  from upload_pipeline.upload_jobs j join pgmq.q_fetch_result q on q.msg_id = j.message_id
  where j.job_id = v_job_id and j.stage = 'fetch_result'
  for update of q skip locked;
  if found and exists (
    select from upload_pipeline.upload_jobs
    where stage = 'fetch_result' and message_id = v_message_id and state <> 'working'
  ) then
    update pgmq.q_fetch_result set vt = clock_timestamp() where msg_id = v_message_id;
    perform pipeline_internal.wake('fetch_result');
  end if;
  return 'accepted';
end $$;
comment on function pipeline_internal.receive_delivery is
  'Records a verified webhook call once and brings its job''s collection forward. A call that overtakes its own submission is kept, and apply_parse finds it.';
