begin;
select plan(3);

select tests.add_provider('budget_idle', 60, 5, 60, 100, 1);
select is_empty($$select * from pipeline_internal.claim('budget_idle', 4)$$, 'claims nothing from an empty queue');
select is((select request_level from tests.provider('budget_idle')), 5::real, 'consumes nothing');
select tests.add_jobs('budget_idle', 1);
select from pipeline_internal.claim('budget_idle', 4);
select is(round((select request_level from tests.provider('budget_idle'))::numeric, 1), 4.0,
  'consumes one message''s requests when four slots claim one message');

select * from finish();
rollback;
