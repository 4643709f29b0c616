-- Otherwise it would wait for ever.
begin;
select plan(5);

select tests.add_provider('budget_large', 60, 5, 600, 100);
select pipeline_internal.reserve('budget_large', 0, 40);
select is(round(pipeline_internal.reserve('budget_large', 1, 250)::numeric, 1), 4.0, 'it waits until the bucket is full');
select tests.pass_time('budget_large', 4);
select is(pipeline_internal.reserve('budget_large', 1, 250), 0::double precision, 'then it is let through');
select is(round(pipeline_internal.reserve('budget_large', 1, 1)::numeric, 0), 15::numeric, 'what it took too much is owed by those after it');
select tests.pass_time('budget_large', 10);
select is(round(pipeline_internal.reserve('budget_large', 1, 1)::numeric, 0), 5::numeric, 'until time has paid it back');
select tests.pass_time('budget_large', 6);
select is(pipeline_internal.reserve('budget_large', 1, 1), 0::double precision, 'then all is as before');

select * from finish();
rollback;
