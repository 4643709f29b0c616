-- The stage fetch_result: fetches from LlamaParse what parse submitted, as soon as its webhook calls or by polling.
-- TypeScript: _stages/fetch_result.ts.

insert into pipeline_internal.stages (
  stage, entry_status, working_status, failed_status, redrive_stage, provider,
  max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations
) values (
  'fetch_result', 'parse_queued', 'parse_queued', 'failed_parse', 'parse', 'llamaparse',
  5, 2, 300, 0.2, 60, 8, 8, 2
);
update pipeline_internal.stages set next_stage = 'fetch_result' where stage = 'parse';
select pipeline_internal.create_queues();

create type pipeline_internal.fetch_result_output as (
  parsed_path text, parsed_sha256 text, page_starts int[], warnings jsonb,
  -- How the submission ended, unless its result was collected.
  submission_outcome text,
  pages_to_reparse int[]
);

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
  'The job''s open submission, with the document''s warnings from earlier parses.';

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
           -- The webhook call came during the poll.
           select from pipeline_internal.deliveries d
           where (d.provider_job_id = v_submission.provider_job_id or d.job_id = p_job.job_id)
             and d.received_at > p_job.claimed_at
         ) then 0
         else least(l.max_poll_seconds, l.first_poll_seconds * power(1.5, least(v_submission.poll_count, 20))) end
  into v_delay from pipeline_internal.limits l;
  perform pipeline_internal.pause(p_job, 'PARSER_AT_WORK', null, v_delay);
end $$;
comment on function pipeline_internal.poll_later is
  'The parser is at work: polls again later, at growing intervals, or at once if its webhook call came meanwhile. '
  'Costs no attempt.';

create function pipeline_internal.resubmit(p_job upload_pipeline.upload_jobs, p_code text, p_message text) returns text
language plpgsql set search_path = '' as $$
begin
  if (select count(*) from pipeline_internal.submissions
      where job_id = p_job.job_id and requested_at > clock_timestamp() - interval '1 day'
        and coalesce(outcome, '') not in ('collected', 'reparse_pages')) > 1 then
    perform pipeline_internal.close_submission(p_job.job_id, p_code);
    perform pipeline_internal.reject(p_job, p_code, p_message);
    return null;
  end if;

  perform pipeline_internal.close_submission(p_job.job_id, p_code);
  perform pipeline_internal.record_error(p_job, 'retry', p_job.status, p_code, p_message);
  update upload_pipeline.upload_jobs set retry_count = retry_count + 1 where job_id = p_job.job_id;
  return 'parse';
end $$;
comment on function pipeline_internal.resubmit is
  'The parser is stuck or failed for a reason that is not the document''s: closes the submission and returns the '
  'stage that submits once more. Null: the second time within a day, the job is rejected.';

create function pipeline_internal.record_warnings(p_job upload_pipeline.upload_jobs, p_warnings jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_known jsonb;
begin
  select warnings into v_known from upload_pipeline.documents where document_id = p_job.document_id for update;
  update upload_pipeline.documents set warnings = p_warnings where document_id = p_job.document_id;
  -- A warning that the document had before is no new event.
  perform pipeline_internal.record_error(p_job, 'warning', p_job.status, w ->> 'code', w ->> 'message')
  from jsonb_array_elements(p_warnings) with ordinality given (w, ord)
  where not v_known @> jsonb_build_array(w)
  order by ord;
end $$;
comment on function pipeline_internal.record_warnings is
  'Replaces the document''s warnings; each new one becomes an event. p_warnings: [{code, message, pages}].';

create function pipeline_internal.complete_fetch_result(
  p_job upload_pipeline.upload_jobs, p_output pipeline_internal.fetch_result_output
) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_earlier_path text;
begin
  if p_output.parsed_path is not null then
    select parsed_path into v_earlier_path from upload_pipeline.documents where document_id = p_job.document_id;
    update upload_pipeline.documents
    set parsed_path = p_output.parsed_path, parsed_sha256 = p_output.parsed_sha256,
        page_starts = coalesce(p_output.page_starts, '{}'),
        page_count = nullif(cardinality(p_output.page_starts), 0), updated_at = clock_timestamp()
    where document_id = p_job.document_id;
    if v_earlier_path <> p_output.parsed_path then
      insert into pipeline_internal.file_cleanups (path) values (v_earlier_path);
    end if;
  end if;
  if p_output.warnings is not null then
    perform pipeline_internal.record_warnings(p_job, p_output.warnings);
  end if;
  perform pipeline_internal.close_submission(p_job.job_id, coalesce(p_output.submission_outcome, 'collected'));
  return 0;
end $$;
comment on function pipeline_internal.complete_fetch_result is
  'Records the stored Markdown and the warnings and closes the submission. Without parsed_path the Markdown of an '
  'earlier parse stays, and without warnings its warnings.';

create function pipeline_internal.skip_parser(
  p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_output jsonb
) returns text
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.complete_fetch_result(
    p_job, jsonb_populate_record(null::pipeline_internal.fetch_result_output, p_output));
  return (select s.next_stage from pipeline_internal.stages s where s.stage = p_stage.next_stage);
end $$;
comment on function pipeline_internal.skip_parser is
  'The document is text already: completes fetch_result with it and returns the stage after that.';

create function pipeline_internal.reparse_pages(p_job upload_pipeline.upload_jobs, p_output jsonb) returns text
language plpgsql set search_path = '' as $$
declare
  v_output pipeline_internal.fetch_result_output :=
    jsonb_populate_record(null::pipeline_internal.fetch_result_output, p_output);
begin
  v_output.submission_outcome := 'reparse_pages';
  perform pipeline_internal.complete_fetch_result(p_job, v_output);
  update upload_pipeline.upload_jobs
  set is_page_reparse = true, pages_to_read = v_output.pages_to_reparse
  where job_id = p_job.job_id;
  return 'parse';
end $$;
comment on function pipeline_internal.reparse_pages is
  'The parser failed on some pages: keeps what it read and returns the stage that submits these pages once more.';

create function pipeline_internal.receive_delivery(
  p_event_id text, p_event_type text, p_provider_job_id text, p_job_id uuid, p_request_id text
) returns text
language plpgsql set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_job_id uuid;
  v_message_id bigint;
begin
  if p_event_type not like 'parse.%' then return 'ignored'; end if;

  insert into pipeline_internal.deliveries (event_id, event_type, provider_job_id, job_id, request_id)
  values (p_event_id, p_event_type, p_provider_job_id, p_job_id, p_request_id)
  on conflict (event_id) do nothing;
  if not found then return 'duplicate'; end if;
  -- LlamaParse gets its answer before the disk has the delivery: polling makes up for a delivery that a crash undoes.
  perform set_config('synchronous_commit', 'off', true);

  -- Waits for a transaction that writes to the submission: either it sees this delivery, or its message is seen here.
  select s.job_id into v_job_id from pipeline_internal.submissions s
  where (s.job_id = p_job_id and s.finished_at is null) or s.provider_job_id = p_provider_job_id
  order by s.requested_at desc limit 1
  for update;
  if not found then
    return case when exists (select from upload_pipeline.upload_jobs where job_id = p_job_id)
                then 'accepted' else 'unknown_job' end;
  end if;

  -- Makes the waiting message due. If a worker holds or reads it, poll_later finds this delivery.
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
  'Records a verified webhook call once and makes its job''s message in fetch_result due. complete_parse finds a '
  'call that overtakes its own submission.';
