begin;
select plan(8);
-- Holds the locks until the test is over.
update pipeline_internal.limits set first_poll_seconds = 3600, max_poll_seconds = 3600;

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('fetch_result', user_id, 'given') j;
create temporary table other as select j.* from ada, tests.job_at('fetch_result', user_id, 'other') j;
create temporary table other_before as select tests.snapshot(job_id) as picture from other;

select is(
  pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-' || job_id, null, 'request-1'), 'accepted',
  'accepts the webhook of a known job') from given;
select is(current_setting('synchronous_commit'), 'off', 'commits asynchronously, because polling would repair a loss');
select results_eq(
  'select job_id from pipeline_internal.claim(''fetch_result'', 10)', 'select job_id from given',
    'makes the message due now');
select results_eq(
  'select event_type, provider_job_id, request_id from pipeline_internal.deliveries where event_id = ''event-1''',
  $$select 'parse.success', 'provider-' || job_id, 'request-1' from given$$, 'records the delivery');
select is(tests.snapshot((select job_id from other)), (select picture from other_before),
  'leaves another job unchanged');

select is(
  pipeline_internal.receive_delivery('event-2', 'parse.error', null, job_id, 'request-2'), 'accepted',
  'accepts the job''s own URL without the parse id') from other;
select results_eq(
  'select job_id from pipeline_internal.claim(''fetch_result'', 10)', 'select job_id from other',
    'makes the other message due');
select is((select j.attempt_count from tests.job((select job_id from given)) j), 1, 'makes it due once') ;

select * from finish();
rollback;
