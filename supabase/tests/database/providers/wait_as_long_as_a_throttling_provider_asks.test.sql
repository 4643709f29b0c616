begin;
select plan(10);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select tests.add_provider('throttled', 60, 1000);
select tests.add_jobs('throttled', 4);
create temporary table before as select * from tests.claim_all('throttled', 1);
create temporary table calls_before as select tests.calls('throttled') as count;

select tests.settle(lease, tests.fault('throttled', 40)) from before;
select results_eq(
  $$select opened_at is not null, code, message, open_count from tests.provider('throttled')$$,
  $$values (true, 'THROTTLED', 'the provider said so', 1)$$, 'opens the circuit after one throttled answer');
select ok(tests.is_probe_due_in('throttled', 40), 'probes after the time that the provider named');
select is_empty($$select * from pipeline_internal.claim('throttled', 10)$$, 'claims nothing');
select is(pipeline_internal.has_work('throttled'), false, 'has no capacity');
select is(pipeline_internal.wake('throttled'), null, 'calls no worker');
select pipeline_internal.sweep();
select is(tests.calls('throttled') - count, 0::bigint, 'calls no worker in a sweep') from calls_before;
select is(
  (select count(*) from pgmq.q_throttled where vt <= clock_timestamp()), 3::bigint, 'leaves the messages due');

select tests.pass_time('throttled', 20);
select is(pipeline_internal.has_work('throttled'), false, 'has no capacity after half the time');
select tests.pass_time('throttled', 20);
select is(pipeline_internal.has_work('throttled'), true, 'claims one probe after the time');
select pipeline_internal.sweep();
select is(tests.calls('throttled') - count, 1::bigint, 'calls a worker') from calls_before;

select * from finish();
rollback;
