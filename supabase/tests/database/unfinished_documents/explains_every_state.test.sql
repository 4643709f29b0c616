-- Explains every state that an unfinished job can have.
begin;
select plan(34);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.says(p_job_id uuid, p_reason text, p_cause text, p_remedy text) returns setof text
language plpgsql as $$
declare
  v_row pipeline_monitoring.unfinished_documents := tests.unfinished(p_job_id);
begin
  return next is(v_row.reason, p_reason);
  return next alike(v_row.sentence, '%is not finished: ' || p_cause || '.%: ' || p_remedy || '%', p_reason
    || ' in a sentence');
end $$;

create temporary table job on commit drop as select (tests.register(user_id, 'awaited')).job_id from ada;
select pg_temp.says(job_id, 'awaiting_upload', 'its bytes have not arrived',
  'send them to the signed URL, which is valid until') from job;
update upload_pipeline.upload_jobs set upload_expires_at = clock_timestamp() - interval '1 minute'
  where job_id = (select job_id from job);
select pg_temp.says(job_id, 'upload_overdue', '%its upload URL has expired',
  'register it again; this registration expires by itself') from job;
update upload_pipeline.upload_jobs set upload_expires_at = clock_timestamp() - interval '1 hour'
  where job_id = (select job_id from job);
select pipeline_internal.expire_uploads();
select pg_temp.says(job_id, 'expired', 'its bytes never arrived', 'register and upload it again') from job;

create temporary table waiting as select tests.upload(user_id, 'waiting') as job_id from ada;
select pg_temp.says(job_id, 'waiting_for_worker', 'it waits for a worker at stage parse, where 0 of 2 invocations run',
  'nothing: the next free worker claims it') from waiting;
select pipeline_internal.pause_stage('parse', 'maintenance');
select pg_temp.says(job_id, 'stage_paused', 'an operator has paused the stage parse since %: maintenance',
  'when the reason is gone, run: npm run pipeline -- resume parse '
  '(in SQL: select pipeline_internal.resume_stage(''parse''))') from waiting;
select pipeline_internal.resume_stage('parse');
select tests.backdate(job_id, '10 minutes') from waiting;
select alike(
  (tests.unfinished(job_id)).remedy,
  'no worker comes: run: npm run doctor -- --round-trips%schedules and database_calls%',
  'points to the schedules when no worker comes') from waiting;
insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at) values ('parse', clock_timestamp(),
  clock_timestamp());
select alike((tests.unfinished(job_id)).remedy, 'the workers have a backlog%: raise max_invocations%',
  'suggests more invocations when there is a backlog') from waiting;

create temporary table held as select job_id, tests.claim('parse', job_id) as lease from waiting;
select pg_temp.says(job_id, 'working', 'a worker has processed it at stage parse for 00:00:0%, attempt 1 of 5',
  'nothing: if the worker dies') from held;
select tests.retry(lease, 'PARSER_ERROR', 'it said no', 900) from held;
select pg_temp.says(job_id, 'retry_scheduled', 'attempt 1 of 5 at stage parse failed: it said no (PARSER_ERROR)',
  'nothing, or to retry it now, run: npm run pipeline -- retry %pipeline_internal.retry_job(') from held;
select is(
  date_trunc('milliseconds', (tests.unfinished(job_id)).next_step_at),
    date_trunc('milliseconds', (tests.job(job_id)).next_attempt_at),
  'shows the time of the next attempt') from held;
select tests.make_due(job_id) from held;
update upload_pipeline.upload_jobs set next_attempt_at = clock_timestamp() where job_id = (select job_id from held);
select tests.pause(tests.claim('parse', job_id), 60, 'RATE_LIMITED', 'slow down') from held;
select pg_temp.says(job_id, 'paused', 'llamaparse asked to wait at stage parse: RATE_LIMITED',
  'nothing: a pause costs no attempt') from held;

create temporary table parsing as select (tests.job_at('fetch_result', user_id, 'parsing')).job_id from ada;
select pg_temp.says(job_id, 'parser_at_work', 'LlamaParse is parsing it%', 'nothing: workers poll LlamaParse')
  from parsing;

create temporary table killing as select (tests.job_at('chunk', user_id, 'killing')).job_id from ada;
select tests.kill_worker_of('chunk', job_id) from killing;
update upload_pipeline.upload_jobs set next_attempt_at = clock_timestamp() + interval '1 minute'
  where job_id = (select job_id from killing);
select pg_temp.says(job_id, 'worker_lost', 'its worker was lost at stage chunk%', 'nothing: this costs no attempt')
  from killing;
select tests.kill_worker_of('chunk', job_id) from killing;
update upload_pipeline.upload_jobs set next_attempt_at = clock_timestamp() where job_id = (select job_id from killing);
select pg_temp.says(job_id, 'isolated', '2 of its workers were lost at stage chunk, and it waits for isolation',
  'nothing: isolation processes one suspect at a time') from killing;
select pg_temp.says(killing.job_id, 'working', '%attempt 1 of 3, and 2 lost attempts, in isolation',
  'nothing: if the worker dies')
from killing cross join lateral pipeline_internal.claim_isolated('chunk', null);

create temporary table gone as select (tests.job_at('chunk', user_id, 'gone')).job_id from ada;
select pgmq.delete('chunk', (tests.job(job_id)).message_id) from gone;
select pg_temp.says(job_id, 'message_lost', 'its message is missing from the queue chunk',
  'nothing: the reconciler sends a new message') from gone;

create temporary table failed as select (tests.job_at('embed', user_id, 'failed')).job_id from ada;
select tests.reject(tests.claim('embed', job_id), 'BAD_CHUNK', 'too long') from failed;
select pg_temp.says(job_id, 'given_up', 'stage embed rejected it after 1 failed attempts: too long (BAD_CHUNK)',
  'look for the cause (npm run pipeline -- history %), then run: '
  'npm run pipeline -- retry %pipeline_internal.redrive(') from failed;

create temporary table done as select (tests.complete_document(user_id, 'done')).job_id from ada;
select is_empty('select from pipeline_monitoring.unfinished_documents join done using (job_id)',
  'contains no complete document');
select is_empty(
  $$select job_id from pipeline_monitoring.unfinished_documents where sentence is null or remedy is null
    or cause is null$$,
  'has a sentence, remedy and cause for every row');
select is(
  (select count(*) from pipeline_monitoring.unfinished_documents u join ada using (user_id)),
  (select count(*) from upload_pipeline.upload_jobs j join ada using (user_id) where j.status <> 'complete'),
    'has a row for every unfinished document');

select * from finish();
rollback;
