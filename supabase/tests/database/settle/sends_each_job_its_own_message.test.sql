-- Messages are sent in batches: a job must not name the message of another job.
begin;
select plan(5);
-- Holds the locks until the test is over.
update pipeline_internal.limits set first_poll_seconds = 3600, max_poll_seconds = 3600;

create temporary table given as select n, j.job_id from generate_series(1, 60) n,
  tests.job_at('parse', p_seed => n::text) j;
create temporary table leases as
  select given.n, job_id, c.lease, s.submission_id
  from tests.claim_all('parse') c join given using (job_id), pipeline_internal.begin_submission(c.lease) s;
-- The webhook of every third has come already, so these are due at once, and the others at their first poll.
select pipeline_internal.receive_delivery('event-' || n, 'parse.success', 'provider-' || n, job_id, 'r') from leases
  where n % 3 = 0;

create temporary table settled as
  select msg_id from tests.settle_all('parse', (
    select jsonb_agg(
      tests.settlement(lease, jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
        'submission_id', submission_id, 'provider_job_id', 'provider-' || n)))
      order by md5(n::text))
    from leases)) msg_id;
select is((select count(*) from settled), 60::bigint, 'moves sixty jobs to the next stage');

select is_empty(
  $$
    select j.job_id from given join upload_pipeline.upload_jobs j using (job_id)
    left join pgmq.q_fetch_result q on q.msg_id = j.message_id and (q.message ->> 'job_id')::uuid = j.job_id
    where q.msg_id is null or j.stage <> 'fetch_result'
  $$, 'names for each job a message that names the job');
select is((select count(distinct message_id) from given join upload_pipeline.upload_jobs using (job_id)), 60::bigint,
  'names each message once');
select is_empty('select n from given where tests.message_count(job_id) <> 1', 'sends no other messages');
select is_empty(
  $$
    select n from given join upload_pipeline.upload_jobs j using (job_id)
    where (tests.due_at(job_id) <= clock_timestamp()) <> (n % 3 = 0)
      or (j.next_attempt_at is null) <> (n % 3 = 0)
      or tests.due_at(job_id) > clock_timestamp() + interval '1 hour'
  $$, 'makes each message due at its own time');

select * from finish();
rollback;
