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
  $$values (true, 'THROTTLED', 'the provider said so', 1)$$, 'one such answer opens the circuit, and it is known why');
select ok(tests.is_probe_due_in('throttled', 40), 'for as long as the provider asked');
select is_empty($$select * from pipeline_internal.claim('throttled', 10)$$, 'nobody gets a message meanwhile');
select is(pipeline_internal.has_work('throttled'), false, 'there is nothing that could be done');
select is(pipeline_internal.wake('throttled'), null, 'nobody is called');
select pipeline_internal.sweep();
select is(tests.calls('throttled') - count, 0::bigint, 'not even by the sweeper') from calls_before;
select is(
  (select count(*) from pgmq.q_throttled where vt <= clock_timestamp()), 3::bigint, 'the messages are as due as they were');

select tests.pass_time('throttled', 20);
select is(pipeline_internal.has_work('throttled'), false, 'when half the time has passed it is as before');
select tests.pass_time('throttled', 20);
select is(pipeline_internal.has_work('throttled'), true, 'then one may ask');
select pipeline_internal.sweep();
select is(tests.calls('throttled') - count, 1::bigint, 'and somebody is called') from calls_before;

select * from finish();
rollback;
