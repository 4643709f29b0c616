begin;
select plan(8);

select tests.add_provider('transient');
select tests.add_jobs('transient', 20);
-- Each as a worker of its own would report it.
create function pg_temp.fail(p_count int) returns void
language sql as $$
  select tests.settle(lease, tests.fault('transient')) from tests.claim_all('transient', p_count)
$$;
create function pg_temp.is_open() returns boolean
language sql as $$ select opened_at is not null from tests.provider('transient') $$;

select pg_temp.fail(4);
select is(pg_temp.is_open(), false, 'four failures may be chance');
select tests.settle(lease, '{"outcome": "done"}') from tests.claim_all('transient', 1);
select is((select failure_count from tests.provider('transient')), 0, 'a success begins the count anew');
select pg_temp.fail(4);
select is(pg_temp.is_open(), false, 'four more are still no outage');

-- A retry that is no fault of the provider's: of Storage, or of ours.
select tests.settle(lease, '{"outcome": "retry", "code": "INTERNAL_ERROR", "message": "ours"}') from tests.claim_all('transient', 1);
select tests.settle(lease, '{"outcome": "reject", "code": "PDF_IS_BROKEN", "message": "theirs"}') from tests.claim_all('transient', 1);
select is(pg_temp.is_open(), false, 'what is no fault of the provider does not count against it');
select is((select failure_count from tests.provider('transient')), 4, 'nor for it');

select pg_temp.fail(1);
select is(pg_temp.is_open(), true, 'the fifth in a row opens the circuit');
select ok(tests.is_probe_due_in('transient', 15), 'for fifteen seconds');
select is_empty($$select * from pipeline_internal.claim('transient', 1)$$, 'nobody gets a message');

select * from finish();
rollback;
