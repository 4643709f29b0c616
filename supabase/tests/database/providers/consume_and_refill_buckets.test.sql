begin;
select plan(12);

-- One request in a thousand seconds and ten tokens, so slowly that the test's own time does not count; at most 5 and
-- 100 at once.
select tests.add_provider('budget_time', 0.06, 5, 0.6, 100);
create function pg_temp.thousands_of_seconds(p_requests int, p_tokens int) returns numeric
language sql as $$
  select round((pipeline_internal.reserve('budget_time', p_requests, p_tokens) / 1000)::numeric, 1)
$$;

select is(pipeline_internal.reserve('budget_time', 1, 80), 0::double precision, 'reserves what the buckets hold');
select results_eq(
  $$select round(request_level::numeric, 1), round(token_level::numeric, 0) from tests.provider('budget_time')$$,
  'values (4.0, 20::numeric)', 'consumes it');
select is(pg_temp.thousands_of_seconds(1, 50), 3.0, 'returns the seconds until thirty missing tokens are refilled');
select results_eq(
  $$select round(request_level::numeric, 1), round(token_level::numeric, 0) from tests.provider('budget_time')$$,
  'values (4.0, 20::numeric)', 'consumes nothing when it must wait');
select is(pipeline_internal.reserve('budget_time', 1, 15), 0::double precision, 'reserves a smaller amount at once');
select is(pipeline_internal.reserve('budget_time', 3, 0), 0::double precision, 'has no requests left');
select is(pg_temp.thousands_of_seconds(2, 1), 2.0, 'returns the longer of two waits');

select tests.pass_time('budget_time', 2000);
select is(pipeline_internal.reserve('budget_time', 2, 20), 0::double precision, 'reserves after that time');
select cmp_ok(pg_temp.thousands_of_seconds(1, 0), '>', 0.5, 'has no more than that');

select tests.pass_time('budget_time', 3600000);
select is(pipeline_internal.reserve('budget_time', 5, 100), 0::double precision,
  'refills both buckets after a long time');
select results_eq(
  $$select round(request_level::numeric, 1), round(token_level::numeric, 0) from tests.provider('budget_time')$$,
  'values (0.0, 0::numeric)', 'refills no more than the burst');
select throws_ok($$select pipeline_internal.reserve('nobody', 1, 1)$$, 'P0002', null, 'raises for an unknown provider');

select * from finish();
rollback;
