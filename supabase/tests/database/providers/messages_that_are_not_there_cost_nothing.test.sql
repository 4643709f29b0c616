begin;
select plan(3);

select tests.add_provider('budget_idle', 60, 5, 60, 100, 1);
select is_empty($$select * from pipeline_internal.claim('budget_idle', 4)$$, 'a worker looks into an empty queue');
select is((select request_level from tests.provider('budget_idle')), 5::real, 'nothing is taken from the bucket');
select tests.add_jobs('budget_idle', 1);
select from pipeline_internal.claim('budget_idle', 4);
select is(round((select request_level from tests.provider('budget_idle'))::numeric, 1), 4.0, 'of four slots, what one message needs is taken');

select * from finish();
rollback;
