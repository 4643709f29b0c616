-- Explains in words why a document is not finished; one row for each. The clock is read once, not per row, and `offset
-- 0` keeps the planner from building the texts several times.

create function pipeline_monitoring.explain_unfinished(p_document_id uuid default null)
returns table (
  document_id uuid, job_id uuid, user_id uuid, filename text, status text, state text, stage text, reason text,
  cause text, next_step_at timestamptz, "position" bigint, lost_count int, mended_by text, remedy text, sentence text
)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_custom_plan
set jit = off as $$
#variable_conflict use_column
begin
  return query
    with asked as materialized (
      select clock_timestamp() as asked_at
    ), due as (
      select job_id, row_number() over (partition by stage order by message_id) as position
      from upload_pipeline.upload_jobs
      cross join asked
      where message_id is not null and state <> 'working' and coalesce(next_attempt_at, updated_at) <= asked_at
    ), user_queued as (
      select job_id, row_number() over (partition by user_id order by user_queued_at, job_id) as position
      from upload_pipeline.upload_jobs where user_queued_at is not null
    ), lost as materialized (
      select lost_messages as job_id from pipeline_monitoring.lost_messages()
    ), stages as (
      select s.*, p.opened_at, p.probe_at, p.code as provider_code, p.message as provider_message,
             -- The same as pipeline_internal.refilled.
             s.requests_per_message > 0 and p.request_level
               + extract(epoch from asked_at - p.refilled_at) / 60 * p.requests_per_minute
               < s.requests_per_message as is_budget_spent,
             (select count(*) from pipeline_internal.worker_runs r
              where r.stage = s.stage and r.ended_at is null
                and r.heartbeat_at > now() - interval '30 seconds') as running_count
      from pipeline_internal.stages s
      left join pipeline_internal.providers p using (provider)
      cross join asked
    ), reasoned as (
      select j.*, asked_at, s.max_attempts, s.provider, s.opened_at, s.probe_at, s.provider_code, s.provider_message,
             s.running_count, s.max_invocations, s.paused_at, s.paused_because, d.filename,
             coalesce(due.position, user_queued.position) as position,
             j.last_error ->> 'code' as error_code, j.last_error ->> 'message' as error_message,
             case when j.lost_count > 0 then format(', and %s lost attempts', j.lost_count) else '' end as losses,
             case
               when j.status = 'expired' then 'expired'
               when j.state = 'deadletter' then 'given_up'
               when j.status = 'awaiting_upload' and j.upload_expires_at < asked_at then 'upload_overdue'
               when j.status = 'awaiting_upload' then 'awaiting_upload'
               when j.user_queued_at is not null and j.waiting_for = 'MONTHLY_BUDGET_SPENT' then 'over_budget'
               when j.user_queued_at is not null then 'user_queued'
               when lost.job_id is not null then 'message_lost'
               when j.state = 'working' then 'working'
               when due.job_id is null and j.state = 'retryable' and j.waiting_for = 'WORKER_LOST' then 'worker_lost'
               when due.job_id is null and j.state = 'retryable' then 'retry_scheduled'
               when due.job_id is null and j.stage = 'fetch_result'
                 and coalesce(j.waiting_for, 'PARSER_AT_WORK') = 'PARSER_AT_WORK'
                 then 'parser_at_work'
               when due.job_id is null and j.waiting_for = 'DAILY_PAGES_SPENT' then 'over_daily_pages'
               when due.job_id is null then 'paused'
               when s.paused_at is not null then 'stage_paused'
               when s.opened_at is not null and s.probe_at > asked_at then 'circuit_open'
               when s.is_budget_spent then 'budget_spent'
               when j.is_isolated then 'isolated'
               else 'waiting_for_worker'
             end as reason
      from upload_pipeline.upload_jobs j
      cross join asked
      join upload_pipeline.documents d using (document_id)
      left join stages s on s.stage = j.stage
      left join due using (job_id)
      left join user_queued using (job_id)
      left join lost using (job_id)
      where j.status <> 'complete' and j.status <> 'duplicate'
        and (p_document_id is null or j.document_id = p_document_id)
      offset 0
    ), explained as (
      select r.*, f.mended_by as failure_mended_by, f.remedy as failure_remedy,
        case reason
          when 'expired' then 'its bytes never arrived'
          when 'given_up' then format(
            'stage %s rejected it after %s failed attempts%s: %s (%s)',
            last_error ->> 'stage', retry_count, losses, error_message, error_code)
          when 'upload_overdue' then 'its bytes have not arrived, and its upload URL has expired'
          when 'awaiting_upload' then 'its bytes have not arrived'
          when 'over_budget' then
            'the monthly budget of its owner or of the project does not cover its expected cost'
          when 'user_queued' then format(
            'it waits in the user queue: its owner may have %s active documents at once',
            (select active_documents_per_user from pipeline_internal.limits))
          when 'message_lost' then format('its message is missing from the queue %s', stage)
          when 'working' then format(
            'a worker has processed it at stage %s for %s, attempt %s of %s%s',
            stage, date_trunc('second', asked_at - claimed_at), attempt_count, max_attempts,
            losses || case when is_isolated then ', in isolation' else '' end)
          when 'worker_lost' then format(
            '%s at stage %s; it is retried after a backoff%s',
            case lost_count
              when 1 then 'its worker was lost'
              else lost_count || ' of its workers were lost' end,
            stage, case when is_isolated then ', in isolation' else '' end)
          when 'isolated' then format(
            '%s of its workers were lost at stage %s, and it waits for isolation', lost_count, stage)
          when 'retry_scheduled' then format(
            'attempt %s of %s at stage %s failed: %s (%s)%s',
            attempt_count, max_attempts, stage, error_message, error_code, losses)
          when 'parser_at_work' then 'LlamaParse is parsing it, and has not called back yet'
          when 'over_daily_pages' then format(
            'its owner has used the daily limit of %s parsed pages',
            (select pages_per_user_per_day from pipeline_internal.limits))
          when 'paused' then format(
            '%s asked to wait at stage %s: %s',
            coalesce(provider, 'the worker'), stage, coalesce(waiting_for, 'its message has a delay'))
          when 'stage_paused' then format(
            'an operator has paused the stage %s since %s: %s',
            stage, to_char(paused_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'), paused_because)
          when 'circuit_open' then format(
            'the circuit of %s has been open since %s: %s (%s)',
            provider, to_char(opened_at at time zone 'utc', 'HH24:MI:SS "UTC"'), provider_message, provider_code)
          when 'budget_spent' then format('the request bucket of %s is empty', provider)
          else format(
            'it waits for a worker at stage %s, where %s of %s invocations run', stage, running_count, max_invocations)
        end as cause,
        case reason
          when 'awaiting_upload' then null
          when 'over_budget' then
            (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc'
          when 'circuit_open' then probe_at
          when 'message_lost' then date_trunc('minute', asked_at) + interval '1 minute'
          when 'upload_overdue' then null
          else case when next_attempt_at > asked_at then next_attempt_at end
        end as next_step_at,
        case reason
          when 'expired' then 'register and upload it again'
          when 'given_up' then case f.mended_by
            when 'owner' then f.remedy
            else format(
              '%s, then run: npm run pipeline -- retry %s (in SQL: select pipeline_internal.redrive(%L))',
              coalesce(f.remedy, 'look for the cause (npm run pipeline -- history ' || job_id || ')'), job_id, job_id)
          end
          when 'upload_overdue' then 'register it again; this registration expires by itself'
          when 'awaiting_upload' then format(
            'send them to the signed URL, which is valid until %s',
            to_char(upload_expires_at at time zone 'utc', 'HH24:MI "UTC"'))
          when 'user_queued' then 'nothing, or raise pipeline_internal.limits.active_documents_per_user'
          when 'over_budget' then
            'wait for the next month, or raise the budget: npm run pipeline -- cost shows it, and '
            'pipeline_internal.limits and user_budgets hold it'
          when 'message_lost' then
            'nothing: the reconciler sends a new message; if the problem persists, run: npm run doctor '
            '(in SQL: pipeline_monitoring.schedules)'
          when 'working' then 'nothing: if the worker dies, another claims the document after its lease ends'
          when 'worker_lost' then
            'nothing: this costs no attempt, and isolation rejects a document that kills its workers; '
            'npm run pipeline -- history ' || job_id || ' shows the lost runs (in SQL: pipeline_monitoring.runs)'
          when 'isolated' then case
            when coalesce(next_attempt_at, updated_at) > asked_at - interval '10 minutes'
            then 'nothing: isolation processes one suspect at a time'
            else 'see whether the function isolation answers and is called: npm run doctor '
              '(in SQL: pipeline_monitoring.schedules)'
          end
          when 'retry_scheduled' then format(
            'nothing, or to retry it now, run: npm run pipeline -- retry %s (in SQL: '
            'select pipeline_internal.retry_job(%L, %L))', job_id, user_id, job_id)
          when 'parser_at_work' then
            'nothing: workers poll LlamaParse; if callbacks never come, run: npm run doctor -- --round-trips '
            '(in SQL: pipeline_monitoring.webhooks)'
          when 'over_daily_pages' then
            'nothing: it continues a day after the first of these pages; '
            'or raise pipeline_internal.limits.pages_per_user_per_day'
          when 'paused' then
            'nothing: a pause costs no attempt; if it persists, run: npm run pipeline -- watch '
            '(in SQL: pipeline_monitoring.providers)'
          when 'stage_paused' then format(
            'when the reason is gone, run: npm run pipeline -- resume %s (in SQL: '
            'select pipeline_internal.resume_stage(%L))', stage, stage)
          when 'circuit_open' then coalesce(
            f.remedy || '; a probe then closes the circuit',
            'nothing: a probe closes the circuit when the provider recovers')
          when 'budget_spent' then
            'nothing: the bucket refills; if your account allows more, raise the rates in pipeline_internal.providers'
          else case
            when coalesce(next_attempt_at, updated_at) > asked_at - interval '1 minute'
            then 'nothing: the next free worker claims it'
            when running_count = 0 then
              'no worker comes: run: npm run doctor -- --round-trips (in SQL: pipeline_monitoring.schedules and '
              'database_calls; and the Vault secret pipeline_functions_url)'
            else
              'the workers have a backlog (npm run pipeline -- watch): raise max_invocations or slots of the stage in '
              'pipeline_internal.stages'
          end
        end as remedy
      from reasoned r
      left join pipeline_internal.failure_remedies f
        on f.code = case reason when 'given_up' then error_code when 'circuit_open' then provider_code end
      offset 0
    ), assigned as (
      select e.*,
             case
               when reason in ('expired', 'upload_overdue', 'awaiting_upload') then 'owner'
               when reason = 'given_up' then coalesce(failure_mended_by, 'operator')
               when reason in ('over_budget', 'stage_paused') then 'operator'
               when remedy like 'nothing%' then 'pipeline'
               else 'operator'
             end as mended_by
      from explained e
      offset 0
    )
    select document_id, job_id, user_id, filename, status, state, stage, reason, cause, next_step_at, position,
           lost_count, mended_by, remedy,
           filename || ' is not finished: ' || cause || '.'
             || coalesce(' It is number ' || position || ' in the queue.', '')
             || coalesce(
               ' Next at ' || to_char(next_step_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS "UTC"') || '.', '')
             || case mended_by when 'owner' then ' Its owner can mend it: ' else ' To do: ' end || remedy || '.'
             as sentence
    from assigned;
end $$;
comment on function pipeline_monitoring.explain_unfinished is
  'The rows of unfinished_documents: all, or that of one document, without explaining the others. Runs as its owner: '
  'readers have no rights on the tables.';
revoke execute on function pipeline_monitoring.explain_unfinished from public, anon, authenticated;
grant execute on function pipeline_monitoring.explain_unfinished to pipeline_monitoring, service_role;

create view pipeline_monitoring.unfinished_documents as
select * from pipeline_monitoring.explain_unfinished();
comment on view pipeline_monitoring.unfinished_documents is
  'Why is this document not finished? One row for each that is not, with the answer as a sentence: the cause, the next '
  'attempt, its position, and what to do. mended_by says who does it: an operator, the document''s owner alone, or the '
  'pipeline, which goes on by itself.';
grant select on pipeline_monitoring.unfinished_documents to pipeline_monitoring, service_role;
