begin;
select plan(12);

-- One request in a thousand seconds and ten tokens, so slowly that the test's own time does not count; at most 5 and 100 at once.
select tests.add_provider('budget_time', 0.06, 5, 0.6, 100);
create function pg_temp.thousands_of_seconds(p_requests int, p_tokens int) returns numeric
language sql as $$
  select round((pipeline_internal.reserve('budget_time', p_requests, p_tokens) / 1000)::numeric, 1)
$$;

select is(pipeline_internal.reserve('budget_time', 1, 80), 0::double precision, 'what is there may be used at once');
select results_eq(
  $$select round(request_level::numeric, 1), round(token_level::numeric, 0) from tests.provider('budget_time')$$,
  'values (4.0, 20::numeric)', 'and is taken');
select is(pg_temp.thousands_of_seconds(1, 50), 3.0, 'thirty tokens are missing: it says when they will be there');
select results_eq(
  $$select round(request_level::numeric, 1), round(token_level::numeric, 0) from tests.provider('budget_time')$$,
  'values (4.0, 20::numeric)', 'who has to wait takes nothing');
select is(pipeline_internal.reserve('budget_time', 1, 15), 0::double precision, 'somebody who needs less does not wait');
select is(pipeline_internal.reserve('budget_time', 3, 0), 0::double precision, 'the requests are used up');
select is(pg_temp.thousands_of_seconds(2, 1), 2.0, 'of the two that are short, the one that takes longer counts');

select tests.pass_time('budget_time', 2000);
select is(pipeline_internal.reserve('budget_time', 2, 20), 0::double precision, 'after that time it is there');
select cmp_ok(pg_temp.thousands_of_seconds(1, 0), '>', 0.5, 'and not more than that');

select tests.pass_time('budget_time', 3600000);
select is(pipeline_internal.reserve('budget_time', 5, 100), 0::double precision, 'after a long time the buckets are full');
select results_eq(
  $$select round(request_level::numeric, 1), round(token_level::numeric, 0) from tests.provider('budget_time')$$,
  'values (0.0, 0::numeric)', 'to the brim and no fuller');
select throws_ok($$select pipeline_internal.reserve('nobody', 1, 1)$$, 'P0002', null, 'a provider that is not known is an error');

select * from finish();
rollback;
