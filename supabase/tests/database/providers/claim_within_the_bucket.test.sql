-- A run must end when the bucket is empty, rather than poll.
begin;
select plan(12);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
-- A request every ten thousand seconds, two per message, and five at once.
select tests.add_provider('budget_claim', 0.006, 5, 60, 100, 2);
create temporary table given as select * from tests.add_jobs('budget_claim', 6) job_id;
create temporary table calls_before as select tests.calls('budget_claim') as count;

select is((select count(*) from pipeline_internal.claim('budget_claim', 4)), 2::bigint,
  'claims two messages with five requests');
select is(round((select request_level from tests.provider('budget_claim'))::numeric, 1), 1.0, 'consumes four requests');
select is((select count(*) from pipeline_internal.claim('budget_claim', 4)), 0::bigint,
  'claims nothing with one request');
select is(
  (select count(*) from pgmq.q_budget_claim where vt <= clock_timestamp()), 4::bigint, 'leaves the other messages due');
select is(
  (select count(*) from given join upload_pipeline.upload_jobs using (job_id) where attempt_count = 0), 4::bigint,
    'begins no attempt');
select is(pipeline_internal.has_work('budget_claim'), false, 'has no capacity');

select from pipeline_internal.begin_run('budget_claim', '00000000-0000-4000-8000-0000000000b1');
select is(pipeline_internal.end_run('budget_claim', '00000000-0000-4000-8000-0000000000b1', 'drained', 2), true,
  'ends the run');
select pipeline_internal.sweep();
select is(tests.calls('budget_claim') - count, 0::bigint, 'calls no worker') from calls_before;

select tests.pass_time('budget_claim', 11000);
select is(pipeline_internal.has_work('budget_claim'), true, 'has capacity when a request is refilled');
select pipeline_internal.sweep();
select is(tests.calls('budget_claim') - count, 1::bigint, 'calls a worker in a sweep') from calls_before;
select is((select count(*) from pipeline_internal.claim('budget_claim', 4)), 1::bigint, 'claims one message');

-- A bucket that owes requests is no error here.
update pipeline_internal.providers set request_level = -3 where provider = 'budget_claim';
select is_empty($$select * from pipeline_internal.claim('budget_claim', 4)$$,
  'claims nothing when the bucket owes requests');

select * from finish();
rollback;
