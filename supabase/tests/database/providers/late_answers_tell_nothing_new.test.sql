-- Many were asking when the first was turned away; the others report one after the other what they asked before.
begin;
select plan(9);

select tests.add_provider('late');
select tests.add_jobs('late', 12);
create temporary table asking as select *, row_number() over () as n from tests.claim_all('late', 9);
select is((select count(*) from asking), 9::bigint, 'nine are asking');

select tests.settle(lease, tests.fault('throttled')) from asking where n = 1;
select tests.settle(lease, tests.fault('throttled')) from asking where n between 2 and 4;
select results_eq(
  $$select open_count, tests.is_probe_due_in('late', 15) from tests.provider('late')$$, $$values (1, true)$$,
  'those turned away after the first do not make the pause longer');
select tests.settle(lease, tests.fault('transient')) from asking where n = 5;
select is((select open_count from tests.provider('late')), 1, 'nor do those that failed otherwise');
select tests.settle(lease, tests.fault('throttled', 50)) from asking where n = 6;
select ok(tests.is_probe_due_in('late', 50), 'but if the provider asks for longer, it is left alone for longer');
select tests.settle(lease, tests.fault('throttled', 20)) from asking where n = 7;
select ok(tests.is_probe_due_in('late', 50), 'and not for less');

select is(
  (select tests.settle(lease, '{"outcome": "done"}') from asking where n = 8), true, 'one that had been let in succeeds');
select isnt((select opened_at from tests.provider('late')), null, 'that does not close the circuit');

select tests.pass_time('late', 51);
create temporary table probe as select * from tests.claim_all('late', 1);
select tests.settle(lease, tests.fault('throttled')) from asking where n = 9;
select is((select open_count from tests.provider('late')), 1, 'nor does a late answer pass for the probe''s');
select tests.settle(lease, '{"outcome": "done"}') from probe;
select is((select opened_at from tests.provider('late')), null, 'the probe''s success does close it');

select * from finish();
rollback;
