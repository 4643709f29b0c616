-- Otherwise it would wait for ever.
begin;
select plan(5);

-- So slow that the test's own time does not count.
select tests.add_provider('budget_large', 0.06, 5, 0.6, 100);
create function pg_temp.thousands_of_seconds(p_requests int, p_tokens int) returns numeric
language sql as $$
  select round((pipeline_internal.reserve('budget_large', p_requests, p_tokens) / 1000)::numeric, 1)
$$;
select pipeline_internal.reserve('budget_large', 0, 40);
select is(pg_temp.thousands_of_seconds(1, 250), 4.0, 'waits until the bucket is full');
select tests.pass_time('budget_large', 4000);
select is(pipeline_internal.reserve('budget_large', 1, 250), 0::double precision, 'reserves more than the burst');
select is(pg_temp.thousands_of_seconds(1, 1), 15.1, 'waits until the debt is refilled');
select tests.pass_time('budget_large', 10000);
select is(pg_temp.thousands_of_seconds(1, 1), 5.1, 'waits as long as the debt needs');
select tests.pass_time('budget_large', 6000);
select is(pipeline_internal.reserve('budget_large', 1, 1), 0::double precision, 'reserves as before');

select * from finish();
rollback;
