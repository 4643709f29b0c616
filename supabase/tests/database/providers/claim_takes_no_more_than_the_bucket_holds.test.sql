-- A run must end then, rather than ask again and again.
begin;
select plan(12);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
-- A request every ten thousand seconds, two a message, and five at once.
select tests.add_provider('budget_claim', 0.006, 5, 60, 100, 2);
create temporary table given as select * from tests.add_jobs('budget_claim', 6) job_id;
create temporary table calls_before as select tests.calls('budget_claim') as count;

select is((select count(*) from pipeline_internal.claim('budget_claim', 4)), 2::bigint, 'five requests are enough for two messages');
select is(round((select request_level from tests.provider('budget_claim'))::numeric, 1), 1.0, 'their four are taken');
select is((select count(*) from pipeline_internal.claim('budget_claim', 4)), 0::bigint, 'the one that is left is enough for none');
select is(
  (select count(*) from pgmq.q_budget_claim where vt <= clock_timestamp()), 4::bigint, 'the other messages are as due as they were');
select is(
  (select count(*) from given join upload_pipeline.upload_jobs using (job_id) where attempt_count = 0), 4::bigint, 'and no attempt has begun');
select is(pipeline_internal.has_work('budget_claim'), false, 'there is nothing that could be done now');

select from pipeline_internal.begin_run('budget_claim', '00000000-0000-4000-8000-0000000000b1');
select is(pipeline_internal.end_run('budget_claim', '00000000-0000-4000-8000-0000000000b1', 'drained', 2), true, 'so the run ends');
select pipeline_internal.sweep();
select is(tests.calls('budget_claim') - count, 0::bigint, 'and nobody is called in vain') from calls_before;

select tests.pass_time('budget_claim', 11000);
select is(pipeline_internal.has_work('budget_claim'), true, 'when there are requests for one more');
select pipeline_internal.sweep();
select is(tests.calls('budget_claim') - count, 1::bigint, 'the sweeper calls') from calls_before;
select is((select count(*) from pipeline_internal.claim('budget_claim', 4)), 1::bigint, 'and one is claimed');

-- What was taken too much elsewhere is no error here.
update pipeline_internal.providers set request_level = -3 where provider = 'budget_claim';
select is_empty($$select * from pipeline_internal.claim('budget_claim', 4)$$, 'a bucket that owes has room for none');

select * from finish();
rollback;
