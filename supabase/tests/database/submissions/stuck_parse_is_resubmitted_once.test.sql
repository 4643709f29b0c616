begin;
select plan(14);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('fetch_result', user_id, 'given') j;
create temporary table next_in_user_queue as select tests.upload(user_id, 'next') as job_id from ada;
create function pg_temp.resubmit() returns boolean
language sql as $$
  select tests.settle(
    tests.reclaim('fetch_result', job_id),
      '{"outcome": "resubmit", "code": "PARSE_STUCK", "message": "no answer in an hour"}')
  from given
$$;
create function pg_temp.submissions() returns table (provider_job_id text, outcome text)
language sql as $$
  select s.provider_job_id, s.outcome from pipeline_internal.submissions s join given
    using (job_id) order by s.requested_at
$$;

select is(pg_temp.resubmit(), true, 'settles a parse that exceeded its deadline');
select results_eq(
  'select stage, status, state, attempt_count, retry_count, finished_at from tests.job((select job_id from given))',
  $$values ('parse', 'uploaded', 'queued', 0, 1, null::timestamptz)$$, 'returns the document to parse');
select is(tests.message_count(job_id), 1::bigint, 'sends one message') from given;
select results_eq(
  $$select type, code, message from upload_pipeline.events join given using (job_id) where type = 'retry'$$,
  $$values ('retry', 'PARSE_STUCK', 'no answer in an hour')$$, 'records the reason');
select is(tests.message_count(job_id), 0::bigint, 'keeps the user slot') from next_in_user_queue;

select is(tests.finish_parse(job_id), true, 'submits the document again') from given;
select results_eq(
  'select provider_job_id, outcome from pg_temp.submissions()',
  $$select 'provider-' || job_id, 'PARSE_STUCK' from given union all select 'provider-' || job_id || '-2', null
    from given$$,
  'stores another parse id and closes the first submission');
select results_eq(
  'select c.provider_job_id, c.poll_count, c.is_overdue from given, pipeline_internal.current_submission(job_id) c',
  $$select 'provider-' || job_id || '-2', 0, false from given$$, 'polls the second submission with its own deadline');
select is(
  pipeline_internal.receive_delivery('event-2', 'parse.success', 'provider-' || job_id || '-2', null, 'r'), 'accepted',
  'accepts its webhook') from given;
select ok(tests.due_at(job_id) <= clock_timestamp(), 'makes the fetch due') from given;

select is(pg_temp.resubmit(), true, 'settles the second stuck parse');
select results_eq(
  'select status, state, last_error ->> ''code'', retry_count from tests.job((select job_id from given))',
  $$values ('failed_parse', 'deadletter', 'PARSE_STUCK', 2)$$, 'rejects the document');
select results_eq('select outcome from pg_temp.submissions()', $$values ('PARSE_STUCK'), ('PARSE_STUCK')$$,
  'closes both submissions');
select is(tests.message_count(job_id), 1::bigint, 'frees the user slot') from next_in_user_queue;

select * from finish();
rollback;
