begin;
select plan(8);

select tests.add_provider('transient');
select tests.add_jobs('transient', 20);
-- Each failure as a separate worker reports it.
create function pg_temp.fail(p_count int) returns void
language sql as $$
  select tests.settle(lease, tests.fault('transient')) from tests.claim_all('transient', p_count)
$$;
create function pg_temp.is_open() returns boolean
language sql as $$ select opened_at is not null from tests.provider('transient') $$;

select pg_temp.fail(4);
select is(pg_temp.is_open(), false, 'keeps the circuit closed after four failures');
select tests.settle(lease, '{"outcome": "done"}') from tests.claim_all('transient', 1);
select is((select failure_count from tests.provider('transient')), 0, 'resets the count after a success');
select pg_temp.fail(4);
select is(pg_temp.is_open(), false, 'keeps the circuit closed after four more failures');

-- A retry without an error of the provider: of Storage, or of the pipeline.
select tests.settle(lease, '{"outcome": "retry", "code": "INTERNAL_ERROR", "message": "ours"}')
  from tests.claim_all('transient', 1);
select tests.settle(lease, '{"outcome": "reject", "code": "PDF_IS_BROKEN", "message": "theirs"}')
  from tests.claim_all('transient', 1);
select is(pg_temp.is_open(), false, 'counts no error of another cause');
select is((select failure_count from tests.provider('transient')), 4,
  'does not reset the count for an error of another cause');

select pg_temp.fail(1);
select is(pg_temp.is_open(), true, 'opens the circuit after the fifth failure in a row');
select ok(tests.is_probe_due_in('transient', 15), 'probes after fifteen seconds');
select is_empty($$select * from pipeline_internal.claim('transient', 1)$$, 'claims nothing');

select * from finish();
rollback;
