begin;
select plan(14);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('fetch_result', user_id, 'given') j;
create temporary table next_in_user_queue as select tests.upload(user_id, 'next') as job_id from ada;
create function pg_temp.resubmit() returns boolean
language sql as $$
  select tests.settle(
    tests.reclaim('fetch_result', job_id), '{"outcome": "resubmit", "code": "PARSE_STUCK", "message": "no answer in an hour"}')
  from given
$$;
create function pg_temp.submissions() returns table (provider_job_id text, outcome text)
language sql as $$
  select s.provider_job_id, s.outcome from pipeline_internal.submissions s join given using (job_id) order by s.requested_at
$$;

select is(pg_temp.resubmit(), true, 'the parser has not answered within its time');
select results_eq(
  'select stage, status, state, attempt_count, retry_count, finished_at from tests.job((select job_id from given))',
  $$values ('parse', 'uploaded', 'queued', 0, 1, null::timestamptz)$$, 'the document goes back to be submitted');
select is(tests.message_count(job_id), 1::bigint, 'with one message') from given;
select results_eq(
  $$select type, code, message from upload_pipeline.events join given using (job_id) where type = 'retry'$$,
  $$values ('retry', 'PARSE_STUCK', 'no answer in an hour')$$, 'its story says why');
select is(tests.message_count(job_id), 0::bigint, 'it keeps its place in work: nobody else is let in') from next_in_user_queue;

select is(tests.finish_parse(job_id), true, 'it is submitted') from given;
select results_eq(
  'select provider_job_id, outcome from pg_temp.submissions()',
  $$select 'provider-' || job_id, 'PARSE_STUCK' from given union all select 'provider-' || job_id || '-2', null from given$$,
  'as another job of the provider''s; the first is closed');
select results_eq(
  'select c.provider_job_id, c.poll_count, c.is_overdue from given, pipeline_internal.current_submission(job_id) c',
  $$select 'provider-' || job_id || '-2', 0, false from given$$, 'the second is the one to ask after, and has its own time');
select is(
  pipeline_internal.receive_delivery('event-2', 'parse.success', 'provider-' || job_id || '-2', null, 'r'), 'accepted',
  'its webhook is known') from given;
select ok(tests.due_at(job_id) <= clock_timestamp(), 'and brings it forward') from given;

select is(pg_temp.resubmit(), true, 'the second one gets stuck too');
select results_eq(
  'select status, state, last_error ->> ''code'', retry_count from tests.job((select job_id from given))',
  $$values ('failed_parse', 'deadletter', 'PARSE_STUCK', 2)$$, 'that is the end: nobody pays a third time');
select results_eq('select outcome from pg_temp.submissions()', $$values ('PARSE_STUCK'), ('PARSE_STUCK')$$, 'both submissions are closed');
select is(tests.message_count(job_id), 1::bigint, 'and its place is free') from next_in_user_queue;

select * from finish();
rollback;
