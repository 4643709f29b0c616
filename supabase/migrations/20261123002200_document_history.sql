-- The history of a document, found by any id that a user or an operator has.

-- One event for each registration.
create index events_registered_idx on upload_pipeline.events (correlation_id) where status = 'awaiting_upload';

create function pipeline_monitoring.find_document(p_id text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_uuid uuid := case when pg_input_is_valid(p_id, 'uuid') then p_id::uuid end;
begin
  return coalesce(
    (select document_id from upload_pipeline.documents where document_id = v_uuid),
    (select document_id from upload_pipeline.upload_jobs where job_id = v_uuid),
    (select document_id from upload_pipeline.events where event_id = v_uuid),
    (select j.document_id from pipeline_internal.submissions s join upload_pipeline.upload_jobs j using (job_id)
     where s.provider_job_id = p_id or s.submission_id = v_uuid limit 1),
    (select document_id from upload_pipeline.events
     where correlation_id = p_id and status = 'awaiting_upload' limit 1),
    -- After the events were purged. No index: this is rare, and jobs change all the time.
    (select document_id from upload_pipeline.upload_jobs where correlation_id = p_id limit 1));
end $$;
comment on function pipeline_monitoring.find_document is
  'Finds a document by an id: the document''s own, its job''s, the reference of an error, LlamaParse''s id of the '
  'parse, the submission''s id, or the id of the request that registered it. Null: none. Runs as its owner: readers '
  'have no rights on the tables.';

create function pipeline_monitoring.document_history(p_document_id uuid)
returns table (
  at timestamptz, kind text, what text, stage text, attempt int, code text, detail text, request_id text, run_id uuid,
  id text, until timestamptz
)
language sql stable security definer set search_path = '' as $$
  with job as (
    select job_id, correlation_id from upload_pipeline.upload_jobs where document_id = p_document_id
  ), submitted as (
    select s.*, j.correlation_id from pipeline_internal.submissions s join job j using (job_id)
  ), events as (
    select e.created_at, e.type, e.status, e.stage, e.attempt, e.code, e.message, e.correlation_id, e.run_id,
           e.event_id, e.event_no, e.claimed_at, lag(e.status) over (order by e.event_no) as status_before
    from upload_pipeline.events e where e.document_id = p_document_id
  ), attempts as (
    -- The attempts that an event ended, and the present one. A status event names the stage that it leads to.
    (select distinct on (t.claimed_at) t.claimed_at, case t.type when 'status' then s.stage else t.stage end as stage,
            t.attempt, t.code, t.correlation_id, t.run_id, t.created_at as ended_at
     from events t
     left join pipeline_internal.stages s on t.status_before in (s.entry_status, s.working_status)
     where t.claimed_at is not null
     order by t.claimed_at, t.event_no)
    union all
    select j.claimed_at, j.stage, j.attempt_count, null, j.correlation_id, j.run_id, null
    from upload_pipeline.upload_jobs j where j.document_id = p_document_id and j.state = 'working'
  ), history (at, kind, what, stage, attempt, code, detail, request_id, run_id, id, until, ord) as (
    select t.created_at, t.type, t.status, t.stage, t.attempt, t.code, t.message, t.correlation_id, t.run_id,
           t.event_id::text, null::timestamptz, t.event_no
    from events t
    union all
    select a.claimed_at, 'attempt', 'claimed', a.stage, a.attempt, a.code, null, a.correlation_id, a.run_id, null,
           a.ended_at, 0
    from attempts a
    union all
    select moment.at, 'submission', moment.what, 'parse', null, null, moment.detail, s.correlation_id, null,
           s.submission_id::text, null, moment.ord
    from submitted s
    cross join lateral (values
      (1, s.requested_at, 'intended', nullif(concat_ws(
        '; ', 'pages ' || array_to_string(s.pages, ', '), case when s.ocr then 'with OCR' end,
        case when s.is_page_reparse then 'once more' end), '')),
      (2, s.submitted_at, 'submitted', 'LlamaParse''s job ' || s.provider_job_id),
      (3, s.finished_at, coalesce(s.outcome, 'ended'), 'asked ' || s.poll_count || ' times')
    ) moment (ord, at, what, detail)
    where moment.at is not null
    union all
    select d.received_at, 'callback', d.event_type, 'fetch_result', null, null,
           'LlamaParse''s job ' || d.provider_job_id,
           d.request_id, null, d.event_id, null, 0
    from pipeline_internal.deliveries d
    where d.job_id = (select job_id from job)
       or d.provider_job_id in (select provider_job_id from submitted)
    union all
    select moment.at, 'run', moment.what, r.stage, null, null, moment.detail, null, r.run_id, r.run_id::text,
           null, moment.ord
    from pipeline_internal.worker_runs r
    cross join lateral (values
      (1, r.called_at, 'called', null),
      (2, r.started_at, 'started', null),
      (3, r.ended_at, coalesce(r.ended_by, 'ended'), 'settled ' || r.settled_count || ' in all')
    ) moment (ord, at, what, detail)
    where moment.at is not null
      and r.run_id in (select t.run_id from events t union all select a.run_id from attempts a)
  )
  select at, kind, what, stage, attempt, code, detail, request_id, run_id, id, until
  from history order by at, kind, ord
$$;
comment on function pipeline_monitoring.document_history is
  'The history of a document, in the order of time: its events, attempts, submissions, deliveries and runs. request_id '
  'is the field of that name in the logs, one for each registration; id is the id of the row; until is when an attempt '
  'ended, and its code why. Runs as its owner, like find_document.';

revoke execute on function pipeline_monitoring.find_document, pipeline_monitoring.document_history
  from public, anon, authenticated;
grant execute on function pipeline_monitoring.find_document, pipeline_monitoring.document_history
  to pipeline_monitoring, service_role;
