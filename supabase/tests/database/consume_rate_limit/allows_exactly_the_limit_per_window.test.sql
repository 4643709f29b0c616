begin;
select plan(9);

create function pg_temp.take(p_key text) returns table (allowed boolean, remaining int, reset_seconds int)
language sql as $$ select * from pipeline_internal.consume_rate_limit(p_key, 3, 60) $$;
create function pg_temp.pass_time(p_seconds int) returns void
language sql as $$ update pipeline_internal.rate_limits set resets_at = resets_at - make_interval(secs => p_seconds) $$;

select results_eq($$select * from pg_temp.take('test:a')$$, $$values (true, 2, 60)$$,
  'begins a window with the first request');
select results_eq($$select allowed, remaining from pg_temp.take('test:a')$$, $$values (true, 1)$$,
  'consumes one per request');
select results_eq($$select allowed, remaining from pg_temp.take('test:a')$$, $$values (true, 0)$$,
  'allows the last request');
select results_eq($$select allowed, remaining from pg_temp.take('test:a')$$, $$values (false, 0)$$,
  'refuses the next request');
select results_eq($$select allowed, remaining from pg_temp.take('test:b')$$, $$values (true, 2)$$,
  'counts another caller separately');

select pg_temp.pass_time(20);
select results_eq(
  $$select allowed, remaining, reset_seconds between 20 and 40 from pg_temp.take('test:a')$$,
    $$values (false, 0, true)$$,
  'does not extend the window when it refuses');
select is((select used_count from pipeline_internal.rate_limits where key = 'test:a'), 3,
  'consumes nothing when it refuses');
select pg_temp.pass_time(40);
select results_eq($$select * from pg_temp.take('test:a')$$, $$values (true, 2, 60)$$,
  'resets the count when the window ends');
select results_eq(
  $$select allowed, remaining from pipeline_internal.consume_rate_limit('test:a', 1, 60)$$, $$values (false, 0)$$,
  'applies a lowered limit at once');

select * from finish();
rollback;
