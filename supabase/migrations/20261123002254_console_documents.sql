-- The console's screens of all documents, of one document, and of the dead letter.

-- Newest documents first, for all users. No index on the jobs has this order: they change ten times as often.
create index documents_created_at_idx on upload_pipeline.documents (created_at, document_id);
-- Only jobs with an error are in it.
create index upload_jobs_error_code_idx on upload_pipeline.upload_jobs ((last_error ->> 'code'))
  where last_error is not null;

create type pipeline_monitoring.document_filter as (
  status text, state text, code text, warning text, user_id uuid, name text, created_from timestamptz,
  created_until timestamptz, updated_from timestamptz, updated_until timestamptz
);
comment on type pipeline_monitoring.document_filter is
  'Which documents: all conditions that are not null hold. code: of the last error; warning: a warning''s code; name: '
  'a part of the file''s name, without regard to case; from: at or after; until: before.';

create function pipeline_monitoring.matching_documents(
  p_filter pipeline_monitoring.document_filter, p_before timestamptz, p_before_id uuid, p_limit int
) returns table (document_id uuid, created_at timestamptz)
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  -- A statement for each combination of filters, planned for its values. What only some rows can fulfil is said, so
  -- that partial indexes serve it.
  v_conditions text[] := array_remove(array[
    case when p_filter.status is not null then 'j.status = $1' end,
    case
      when p_filter.status in ('failed_parse', 'failed_chunking', 'failed_embedding') then $c$j.state = 'deadletter'$c$
      when p_filter.status = 'awaiting_upload' then $c$j.status = 'awaiting_upload'$c$
      when p_filter.status in (
        'parse_queued', 'parsed', 'parse_validated', 'chunking', 'chunks_stored', 'embedding_queued',
        'embedding_in_progress', 'embeddings_stored') then 'j.message_id is not null'
      when p_filter.status = 'uploaded' then '(j.message_id is not null or j.user_queued_at is not null)'
    end,
    case when p_filter.state is not null then 'j.state = $2' end,
    case
      when p_filter.state = 'deadletter' then $c$j.state = 'deadletter'$c$
      when p_filter.state in ('working', 'retryable') then 'j.message_id is not null'
      when p_filter.state = 'queued' then
        $c$(j.message_id is not null or j.user_queued_at is not null or j.status = 'awaiting_upload')$c$
    end,
    case when p_filter.code is not null then $c$j.last_error is not null and j.last_error ->> 'code' = $3$c$ end,
    case when p_filter.warning is not null
      then $c$d.warnings <> '[]' and d.warnings @> jsonb_build_array(jsonb_build_object('code', $4))$c$ end,
    case when p_filter.user_id is not null then 'd.user_id = $5 and j.user_id = $5' end,
    case when p_filter.name is not null then
      $c$(strpos(lower(d.filename), lower($6)) > 0 or strpos(lower(d.filename_full), lower($6)) > 0)$c$ end,
    case when p_filter.created_from is not null then 'd.created_at >= $7' end,
    case when p_filter.created_until is not null then 'd.created_at < $8' end,
    case when p_filter.updated_from is not null then 'j.updated_at >= $9' end,
    case when p_filter.updated_until is not null then 'j.updated_at < $10' end,
    case when p_before is not null then '(d.created_at, d.document_id) < ($11, $12)' end
  ], null);
  -- In the order of the index only where the newest documents are likely to match; otherwise it might be read to its
  -- end for a few old ones.
  v_is_rare boolean :=
    coalesce(p_filter.code, p_filter.warning) is not null or p_filter.updated_until is not null
    or p_filter.status <> 'complete' or p_filter.state <> 'done'
    or (p_filter.updated_from is not null and num_nonnulls(
      p_filter.status, p_filter.state, p_filter.user_id, p_filter.name, p_filter.created_from,
      p_filter.created_until) > 0);
begin
  for document_id, created_at in execute format(
    'select found.document_id, found.created_at
     from (
       select d.document_id, d.created_at
       from upload_pipeline.documents d join upload_pipeline.upload_jobs j using (document_id) %s %s) found
     order by found.created_at desc, found.document_id desc limit $13',
    'where ' || nullif(array_to_string(v_conditions, ' and '), ''), case when v_is_rare then 'offset 0' end)
  using p_filter.status, p_filter.state, p_filter.code, p_filter.warning, p_filter.user_id, p_filter.name,
    p_filter.created_from, p_filter.created_until, p_filter.updated_from, p_filter.updated_until, p_before,
    p_before_id, p_limit
  loop
    return next;
  end loop;
end $$;
comment on function pipeline_monitoring.matching_documents is
  'The newest documents of all users that match a filter, after the one with p_before and p_before_id. Runs as its '
  'owner: readers have no rights on the tables.';

create function pipeline_monitoring.find_user(p_user text) returns uuid
language sql stable security definer set search_path = '' as $$
  select u.id from auth.users u
  where u.deleted_at is null
    and case when pg_input_is_valid(p_user, 'uuid') then u.id = p_user::uuid else u.email = lower(trim(p_user)) end
  order by u.created_at limit 1
$$;
comment on function pipeline_monitoring.find_user is
  'The id of the user with this id or e-mail address. Null: none. Runs as its owner, to read Auth''s users.';

create function pipeline_monitoring.document_rows(p_document_ids uuid[])
returns table (
  document_id uuid, job_id uuid, user_id uuid, filename text, filename_full text, mime text, bytes_len bigint,
  page_count int, chunk_count int, language text, ocr boolean, warning_codes text[], status text, state text,
  stage text, is_user_queued boolean, waiting_for text, code text, message text, reference text, attempt_count int,
  max_attempts int, retry_count int, lost_count int, is_isolated boolean, next_attempt_at timestamptz,
  request_id text, created_at timestamptz, updated_at timestamptz, finished_at timestamptz
)
language sql stable security definer set search_path = '' as $$
  select d.document_id, j.job_id, d.user_id, d.filename, d.filename_full, d.mime, d.bytes_len, d.page_count,
         d.chunk_count, d.language, j.ocr,
         array(select w ->> 'code' from jsonb_array_elements(d.warnings) w order by 1), j.status, j.state, j.stage,
         j.user_queued_at is not null, j.waiting_for, j.last_error ->> 'code', j.last_error ->> 'message',
         j.last_error ->> 'reference', j.attempt_count, s.max_attempts, j.retry_count, j.lost_count, j.is_isolated,
         j.next_attempt_at, j.correlation_id, d.created_at, j.updated_at, j.finished_at
  from upload_pipeline.documents d
  join upload_pipeline.upload_jobs j using (document_id)
  left join pipeline_internal.stages s on s.stage = j.stage
  where d.document_id = any (p_document_ids)
  order by d.created_at desc, d.document_id desc
$$;
comment on function pipeline_monitoring.document_rows is
  'What operators see of documents and their jobs, newest first; no text of theirs. Runs as its owner, like '
  'matching_documents.';

create function pipeline_monitoring.explain_document(p_document_id uuid)
returns table (
  reason text, mended_by text, next_step_at timestamptz, queue_position bigint, remedy text, sentence text
)
language plpgsql stable set search_path = '' as $$
begin
  return query
    select u.reason, u.mended_by, u.next_step_at, u.position, u.remedy, u.sentence
    from pipeline_monitoring.explain_unfinished(p_document_id) u
    -- For a document that does not exist, all would be explained.
    where p_document_id is not null;
  if not found then
    return query
      select 'finished', null::text, null::timestamptz, null::bigint, null::text,
             format('%s is finished: it is %s.', d.filename, d.status)
      from pipeline_monitoring.document_rows(array[p_document_id]) d;
  end if;
end $$;
comment on function pipeline_monitoring.explain_document is
  'Why a document is not finished, as unfinished_documents says it, or that it is.';

create function pipeline_monitoring.document_costs(p_document_id uuid)
returns table (day date, purpose text, model text, quantity bigint, credits numeric, cost_cents numeric)
language sql stable security definer set search_path = '' as $$
  select c.day, c.purpose, c.model, sum(c.quantity)::bigint, sum(c.credits), round(sum(c.cents), 4)
  from pipeline_internal.charges c where c.document_id = p_document_id
  group by c.day, c.purpose, c.model order by c.day, c.purpose desc, c.model
$$;
comment on function pipeline_monitoring.document_costs is
  'What the providers charged for a document, by day. Runs as its owner, like matching_documents.';

create function pipeline_monitoring.dead_letter_reasons(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null
) returns table (
  code text, error_class text, mended_by text, remedy text, document_count bigint, user_count bigint,
  oldest_at timestamptz, newest_at timestamptz, stages text[], example_document_id uuid, example_message text
)
language sql stable security definer set search_path = '' as $$
  select g.code, pipeline_internal.error_class(g.code), coalesce(f.mended_by, 'operator'),
         coalesce(f.remedy, 'find its cause in the history of the example, then redrive'), g.document_count,
         g.user_count, g.oldest_at, g.newest_at, g.stages, g.example_document_id,
         (select e.last_error ->> 'message' from upload_pipeline.upload_jobs e
          where e.document_id = g.example_document_id)
  from (
    select j.last_error ->> 'code' as code, count(*) as document_count, count(distinct j.user_id) as user_count,
           min(j.finished_at) as oldest_at, max(j.finished_at) as newest_at,
           array_agg(distinct j.last_error ->> 'stage') as stages,
           (array_agg(j.document_id order by j.finished_at desc))[1] as example_document_id
    from upload_pipeline.upload_jobs j
    where j.state = 'deadletter' and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.finished_at >= p_from) and (p_until is null or j.finished_at < p_until)
    group by 1
  ) g
  left join pipeline_internal.failure_remedies f using (code)
  order by g.document_count desc, g.code
$$;
comment on function pipeline_monitoring.dead_letter_reasons is
  'The dead letter by error code: how many documents, since when, who mends it and how, and the newest as an example. '
  'Runs as its owner, like matching_documents.';

create function pipeline_monitoring.waiting_reasons(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null
) returns table (
  code text, document_count bigint, user_count bigint, next_at timestamptz, last_at timestamptz, stages text[],
  example_document_id uuid, example_message text
)
language sql stable security definer set search_path = '' as $$
  select g.code, g.document_count, g.user_count, g.next_at, g.last_at, g.stages, g.example_document_id,
         (select e.last_error ->> 'message' from upload_pipeline.upload_jobs e
          where e.document_id = g.example_document_id)
  from (
    select j.last_error ->> 'code' as code, count(*) as document_count, count(distinct j.user_id) as user_count,
           min(j.next_attempt_at) as next_at, max(j.next_attempt_at) as last_at, array_agg(distinct j.stage) as stages,
           (array_agg(j.document_id order by j.updated_at desc))[1] as example_document_id
    from upload_pipeline.upload_jobs j
    where j.state = 'retryable' and j.message_id is not null and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.updated_at >= p_from) and (p_until is null or j.updated_at < p_until)
    group by 1
  ) g
  order by g.document_count desc, g.code
$$;
comment on function pipeline_monitoring.waiting_reasons is
  'The documents that wait for their next attempt, by the error code of the last one: how many, and when the first and '
  'the last of these attempts are due. from and until: when they failed. Runs as its owner, like matching_documents.';

revoke execute on function
  pipeline_monitoring.waiting_reasons, pipeline_monitoring.matching_documents, pipeline_monitoring.find_user,
  pipeline_monitoring.document_rows,
  pipeline_monitoring.explain_document, pipeline_monitoring.document_costs, pipeline_monitoring.dead_letter_reasons
  from public, anon, authenticated;
grant execute on function
  pipeline_monitoring.waiting_reasons, pipeline_monitoring.matching_documents, pipeline_monitoring.find_user,
  pipeline_monitoring.document_rows,
  pipeline_monitoring.explain_document, pipeline_monitoring.document_costs, pipeline_monitoring.dead_letter_reasons
  to pipeline_monitoring, service_role;

-- The screens read.

create function pipeline_console.documents(
  p_status text default null, p_state text default null, p_code text default null, p_warning text default null,
  p_user_id uuid default null, p_name text default null, p_created_from timestamptz default null,
  p_created_until timestamptz default null, p_updated_from timestamptz default null,
  p_updated_until timestamptz default null, p_before timestamptz default null, p_before_id uuid default null,
  p_limit int default 50
) returns table (
  document_id uuid, user_id uuid, filename text, bytes_len bigint, page_count int, status text, state text,
  stage text, is_user_queued boolean, waiting_for text, code text, warning_codes text[], retry_count int,
  created_at timestamptz, updated_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select d.document_id, d.user_id, d.filename, d.bytes_len, d.page_count, d.status, d.state, d.stage,
           d.is_user_queued, d.waiting_for, d.code, d.warning_codes, d.retry_count, d.created_at, d.updated_at
    from pipeline_monitoring.document_rows(array(
      select m.document_id
      from pipeline_monitoring.matching_documents(
        row(p_status, p_state, p_code, p_warning, p_user_id, p_name, p_created_from, p_created_until, p_updated_from,
            p_updated_until)::pipeline_monitoring.document_filter,
        p_before, p_before_id, least(greatest(coalesce(p_limit, 50), 1), 200)) m)) d
    order by d.created_at desc, d.document_id desc;
end $$;
comment on function pipeline_console.documents is
  'Documents of all users, newest first: those that fulfil each condition given. The next ones follow p_before and '
  'p_before_id, the created_at and document_id of the last. At most 200. '
  '@nullable page_count, stage, waiting_for, code.';

create function pipeline_console.document_count(
  p_status text default null, p_state text default null, p_code text default null, p_warning text default null,
  p_user_id uuid default null, p_name text default null, p_created_from timestamptz default null,
  p_created_until timestamptz default null, p_updated_from timestamptz default null,
  p_updated_until timestamptz default null
) returns table (document_count bigint, has_more boolean)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_most constant int := 1000;
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select least(count(*), v_most), count(*) > v_most
    from pipeline_monitoring.matching_documents(
      row(p_status, p_state, p_code, p_warning, p_user_id, p_name, p_created_from, p_created_until, p_updated_from,
          p_updated_until)::pipeline_monitoring.document_filter,
      null, null, v_most + 1);
end $$;
comment on function pipeline_console.document_count is
  'The number of documents that documents would list, up to 1,000; has_more says that there are more.';

create function pipeline_console.find_user(p_user text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return pipeline_monitoring.find_user(p_user);
end $$;
comment on function pipeline_console.find_user is
  'The id of the user with this id or e-mail address, so that an address is in no URL. @nullable result.';

create function pipeline_console.document(p_id text)
returns table (
  document_id uuid, job_id uuid, user_id uuid, filename text, filename_full text, mime text, bytes_len bigint,
  page_count int, chunk_count int, language text, ocr boolean, status text, state text, stage text,
  code text, message text, reference text, attempt_count int, max_attempts int, retry_count int, lost_count int,
  is_isolated boolean, request_id text, created_at timestamptz, updated_at timestamptz, finished_at timestamptz,
  reason text, mended_by text, next_step_at timestamptz, queue_position bigint, remedy text, sentence text,
  read_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select d.document_id, d.job_id, d.user_id, d.filename, d.filename_full, d.mime, d.bytes_len, d.page_count,
           d.chunk_count, d.language, d.ocr, d.status, d.state, d.stage, d.code, d.message, d.reference,
           d.attempt_count, d.max_attempts, d.retry_count, d.lost_count, d.is_isolated, d.request_id, d.created_at,
           d.updated_at, d.finished_at, e.reason, e.mended_by, e.next_step_at, e.queue_position, e.remedy, e.sentence,
           clock_timestamp()
    from pipeline_monitoring.document_rows(array[pipeline_monitoring.find_document(p_id)]) d
    cross join lateral pipeline_monitoring.explain_document(d.document_id) e;
end $$;
comment on function pipeline_console.document is
  'One document by any of its ids (see pipeline_monitoring.find_document), with why it is not finished; read_at is '
  'the database''s clock. No row: there is none. '
  '@nullable filename_full, page_count, language, stage, code, message, reference, max_attempts, request_id, '
  'finished_at, mended_by, next_step_at, queue_position, remedy.';

create function pipeline_console.document_history(p_document_id uuid)
returns table (
  at timestamptz, kind text, what text, stage text, attempt int, code text, detail text, request_id text, run_id uuid,
  id text, until timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.document_history(p_document_id);
end $$;
comment on function pipeline_console.document_history is
  'The history of a document, in the order of time. @nullable stage, attempt, code, detail, request_id, run_id, id, '
  'until.';

create function pipeline_console.document_warnings(p_document_id uuid)
returns table (code text, message text, pages int[], remedy text)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select w.code, w.message, w.pages, w.remedy
    from pipeline_monitoring.document_warnings w where w.document_id = p_document_id order by w.code;
end $$;
comment on function pipeline_console.document_warnings is 'The warnings of a document, with what to do.';

create function pipeline_console.document_costs(p_document_id uuid)
returns table (day date, purpose text, model text, quantity bigint, credits numeric, cost_cents numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.document_costs(p_document_id);
end $$;
comment on function pipeline_console.document_costs is
  'What the providers charged for a document, by day: pages of a parse, tokens otherwise. @nullable credits.';

create function pipeline_console.failures(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null
) returns table (
  code text, error_class text, mended_by text, remedy text, document_count bigint, user_count bigint,
  oldest_at timestamptz, newest_at timestamptz, stages text[], example_document_id uuid, example_message text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.dead_letter_reasons(p_code, p_user_id, p_from, p_until);
end $$;
comment on function pipeline_console.failures is
  'The dead letter by error code: of this code, of this user, given up in this time.';

create function pipeline_console.waiting(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null
) returns table (
  code text, document_count bigint, user_count bigint, next_at timestamptz, last_at timestamptz, stages text[],
  example_document_id uuid, example_message text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.waiting_reasons(p_code, p_user_id, p_from, p_until);
end $$;
comment on function pipeline_console.waiting is
  'The documents that wait for their next attempt, by error code: of this code, of this user, failed in this time.';

select pipeline_internal.open_to_console(name, p_reads_monitoring => true)
from unnest(array[
  'pipeline_console.documents', 'pipeline_console.document_count', 'pipeline_console.find_user',
  'pipeline_console.document', 'pipeline_console.document_history', 'pipeline_console.document_warnings',
  'pipeline_console.document_costs', 'pipeline_console.failures', 'pipeline_console.waiting']::regproc[]) name;

-- The screens act.

create function pipeline_console.redrive(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null, p_document_id uuid default null, p_selection text default null,
  p_dry_run boolean default true
) returns table (
  document_count bigint, page_count bigint, documents_of_unknown_length bigint, token_count bigint,
  cost_cents numeric, redriven_count bigint, selection text, asked_at timestamptz
)
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  if not p_dry_run and p_selection is null then
    raise exception 'A redrive needs the selection of its dry run.' using errcode = 'invalid_parameter_value';
  end if;
  asked_at := clock_timestamp();
  select r.job_count, r.page_count, r.jobs_of_unknown_length, r.token_count, r.cost_cents, r.redriven_count, r.selection
  into strict document_count, page_count, documents_of_unknown_length, token_count, cost_cents, redriven_count,
    selection
  from pipeline_internal.redrive_all(
    p_code, p_user_id, p_from, p_until, p_dry_run => p_dry_run, p_document_id => p_document_id,
    p_selection => p_selection, p_limit => 500) r;
  if not p_dry_run then
    perform pipeline_internal.record_console_act(
      'redrive_documents', p_document_id, p_user_id => p_user_id, p_details => jsonb_build_object(
        'code', p_code, 'from', p_from, 'until', p_until, 'matching', document_count, 'redriven', redriven_count));
  end if;
  return next;
end $$;
comment on function pipeline_console.redrive is
  'Redrives the documents of the dead letter that match, at most 500 with a call, oldest first; by default only counts '
  'them and what they are expected to cost. A call redrives exactly what p_selection names, the selection of the dry '
  'run or of the call before; if the dead letter has changed meanwhile, it raises object_not_in_prerequisite_state and '
  'changes nothing. document_count: those that matched before. Call again with the selection that it returns until '
  'redriven_count is document_count or 0; the rest is held by another transaction.';

create function pipeline_console.retry_document(p_document_id uuid) returns text
language plpgsql security definer set search_path = '' as $$
declare
  v_job record;
  v_outcome text;
begin
  perform pipeline_access.require_console_role('operator');
  select j.job_id, j.user_id, j.state into v_job
  from upload_pipeline.upload_jobs j where j.document_id = p_document_id;
  v_outcome := case
    when v_job.job_id is null then 'unknown'
    when v_job.state <> 'retryable' then 'not_retryable'
    else (select r.outcome from pipeline_internal.retry_job(v_job.user_id, v_job.job_id) r) end;
  perform pipeline_internal.record_console_act(
    'retry_document', p_document_id, jsonb_build_object('outcome', v_outcome));
  return v_outcome;
end $$;
comment on function pipeline_console.retry_document is
  'Makes a document due now that waits for its next attempt: retried. not_retryable: it does not wait for one; '
  'unknown: there is no such document.';

create function pipeline_internal.retry_all(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null, p_dry_run boolean default true, p_limit int default null
) returns table (job_count bigint, retried_count bigint)
language plpgsql set search_path = '' as $$
declare
  v_job record;
begin
  job_count := 0;
  retried_count := 0;
  -- In the order in which workers lock messages.
  for v_job in
    select j.job_id, j.user_id from upload_pipeline.upload_jobs j
    where j.state = 'retryable' and j.message_id is not null and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.updated_at >= p_from) and (p_until is null or j.updated_at < p_until)
    order by j.stage, j.message_id
  loop
    job_count := job_count + 1;
    if not p_dry_run and retried_count < coalesce(p_limit, job_count)
       and (select r.outcome = 'retried' from pipeline_internal.retry_job(v_job.user_id, v_job.job_id) r) then
      retried_count := retried_count + 1;
    end if;
  end loop;
  return next;
end $$;
comment on function pipeline_internal.retry_all is
  'Makes the jobs due now that wait for their next attempt after this error, of this user, failed in this time; with '
  'p_limit only so many. Dry by default. It costs what the next attempts cost anyway. retried_count leaves out jobs '
  'that were claimed meanwhile.';
revoke execute on function pipeline_internal.retry_all from public, anon, authenticated, service_role;

create function pipeline_console.retry_waiting(
  p_code text default null, p_user_id uuid default null, p_from timestamptz default null,
  p_until timestamptz default null, p_dry_run boolean default true
) returns table (document_count bigint, retried_count bigint, asked_at timestamptz)
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  asked_at := clock_timestamp();
  select r.job_count, r.retried_count into strict document_count, retried_count
  from pipeline_internal.retry_all(p_code, p_user_id, p_from, p_until, p_dry_run, 500) r;
  if not p_dry_run then
    perform pipeline_internal.record_console_act(
      'retry_documents', p_user_id => p_user_id, p_details => jsonb_build_object(
        'code', p_code, 'from', p_from, 'until', p_until, 'matching', document_count, 'retried', retried_count));
  end if;
  return next;
end $$;
comment on function pipeline_console.retry_waiting is
  'Makes the documents that match due now, of those that wait for their next attempt: at most 500 with a call. By '
  'default it only counts them. document_count: those that matched before. Call again with the asked_at of the first '
  'call as p_until until retried_count is document_count or 0; the rest was claimed meanwhile.';

select pipeline_internal.open_to_console(name)
from unnest(array[
  'pipeline_console.redrive', 'pipeline_console.retry_document', 'pipeline_console.retry_waiting']::regproc[]) name;
