begin;
select plan(10);

select tests.add_provider('probing', p_requests_per_message => 1);
select tests.add_jobs('probing', 12);
select tests.settle(lease, tests.fault('throttled', 60)) from tests.claim_all('probing', 1);
select tests.pass_time('probing', 61);

create temporary table first as select * from tests.claim_all('probing', 10);
select is((select count(*) from first), 1::bigint, 'the probe is due: of ten slots one gets a message');
select is_empty($$select * from pipeline_internal.claim('probing', 10)$$, 'no second one goes along');
select is(pipeline_internal.has_work('probing'), false, 'and no run waits for it');
select ok(tests.is_probe_due_in('probing', 30), 'not for half a minute');
select tests.pass_time('probing', 30);
create temporary table second as select * from tests.claim_all('probing', 10);
select is((select count(*) from second), 1::bigint, 'then the first is taken for dead, and another is sent');

select tests.settle(lease, '{"outcome": "pause", "after_seconds": 0}') from second;
select isnt((select opened_at from tests.provider('probing')), null, 'a probe that was given back proves nothing');
select is_empty($$select * from pipeline_internal.claim('probing', 10)$$, 'the next is not due yet');
select tests.settle(lease, '{"outcome": "done"}') from first;
select results_eq(
  $$select opened_at, probe_at, code, message, failure_count, open_count from tests.provider('probing')$$,
  $$values (null::timestamptz, null::timestamptz, null::text, null::text, 0, 0)$$, 'the first was only slow: its success closes the circuit');
select is(pipeline_internal.has_work('probing'), true, 'there is work again');
select is((select count(*) from pipeline_internal.claim('probing', 10)), 10::bigint, 'and everybody gets some');

select * from finish();
rollback;
