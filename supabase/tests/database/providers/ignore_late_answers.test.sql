-- Many requests were under way when the first was refused; the others report their answers one by one.
begin;
select plan(9);

select tests.add_provider('late');
select tests.add_jobs('late', 12);
create temporary table asking as select *, row_number() over () as n from tests.claim_all('late', 9);
select is((select count(*) from asking), 9::bigint, 'claims nine jobs');

select tests.settle(lease, tests.fault('throttled')) from asking where n = 1;
select tests.settle(lease, tests.fault('throttled')) from asking where n between 2 and 4;
select results_eq(
  $$select open_count, tests.is_probe_due_in('late', 15) from tests.provider('late')$$, $$values (1, true)$$,
  'keeps the interval for later refusals');
select tests.settle(lease, tests.fault('transient')) from asking where n = 5;
select is((select open_count from tests.provider('late')), 1, 'keeps the interval for later failures');
select tests.settle(lease, tests.fault('throttled', 50)) from asking where n = 6;
select ok(tests.is_probe_due_in('late', 50), 'extends the interval when the provider asks for longer');
select tests.settle(lease, tests.fault('throttled', 20)) from asking where n = 7;
select ok(tests.is_probe_due_in('late', 50), 'does not shorten the interval');

select is(
  (select tests.settle(lease, '{"outcome": "done"}') from asking where n = 8), true, 'settles an earlier success');
select isnt((select opened_at from tests.provider('late')), null, 'keeps the circuit open after an earlier success');

select tests.pass_time('late', 51);
create temporary table probe as select * from tests.claim_all('late', 1);
select tests.settle(lease, tests.fault('throttled')) from asking where n = 9;
select is((select open_count from tests.provider('late')), 1,
  'keeps the circuit open for an earlier answer during the probe');
select tests.settle(lease, '{"outcome": "done"}') from probe;
select is((select opened_at from tests.provider('late')), null, 'closes the circuit when the probe succeeds');

select * from finish();
rollback;
