begin;
select plan(10);

select tests.add_provider('probing', p_requests_per_message => 1);
select tests.add_jobs('probing', 12);
select tests.settle(lease, tests.fault('throttled', 60)) from tests.claim_all('probing', 1);
select tests.pass_time('probing', 61);

create temporary table first as select * from tests.claim_all('probing', 10);
select is((select count(*) from first), 1::bigint, 'claims one message for ten slots as the probe');
select is_empty($$select * from pipeline_internal.claim('probing', 10)$$, 'claims no second message');
select is(pipeline_internal.has_work('probing'), false, 'has no capacity for another run');
select ok(tests.is_probe_due_in('probing', 30), 'waits half a minute for the probe');
select tests.pass_time('probing', 30);
create temporary table second as select * from tests.claim_all('probing', 10);
select is((select count(*) from second), 1::bigint, 'sends another probe when the first is lost');

select tests.settle(lease, '{"outcome": "pause", "after_seconds": 0}') from second;
select isnt((select opened_at from tests.provider('probing')), null, 'keeps the circuit open when the probe is paused');
select is_empty($$select * from pipeline_internal.claim('probing', 10)$$, 'waits for the next probe');
select tests.settle(lease, '{"outcome": "done"}') from first;
select results_eq(
  $$select opened_at, probe_at, code, message, failure_count, open_count from tests.provider('probing')$$,
  $$values (null::timestamptz, null::timestamptz, null::text, null::text, 0, 0)$$,
    'closes the circuit when the first probe succeeds late');
select is(pipeline_internal.has_work('probing'), true, 'has capacity again');
select is((select count(*) from pipeline_internal.claim('probing', 10)), 10::bigint, 'claims all messages');

select * from finish();
rollback;
