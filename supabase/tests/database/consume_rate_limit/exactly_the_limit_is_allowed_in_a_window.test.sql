begin;
select plan(9);

create function pg_temp.take(p_key text) returns table (allowed boolean, remaining int, reset_seconds int)
language sql as $$ select * from pipeline_internal.consume_rate_limit(p_key, 3, 60) $$;
create function pg_temp.pass_time(p_seconds int) returns void
language sql as $$ update pipeline_internal.rate_limits set resets_at = resets_at - make_interval(secs => p_seconds) $$;

select results_eq($$select * from pg_temp.take('test:a')$$, $$values (true, 2, 60)$$, 'the first request begins a window');
select results_eq($$select allowed, remaining from pg_temp.take('test:a')$$, $$values (true, 1)$$, 'each takes one');
select results_eq($$select allowed, remaining from pg_temp.take('test:a')$$, $$values (true, 0)$$, 'the last is allowed');
select results_eq($$select allowed, remaining from pg_temp.take('test:a')$$, $$values (false, 0)$$, 'the next is not');
select results_eq($$select allowed, remaining from pg_temp.take('test:b')$$, $$values (true, 2)$$, 'another caller has an own allowance');

select pg_temp.pass_time(20);
select results_eq(
  $$select allowed, remaining, reset_seconds between 20 and 40 from pg_temp.take('test:a')$$, $$values (false, 0, true)$$,
  'a refusal does not prolong the window');
select is((select used_count from pipeline_internal.rate_limits where key = 'test:a'), 3, 'and takes nothing');
select pg_temp.pass_time(40);
select results_eq($$select * from pg_temp.take('test:a')$$, $$values (true, 2, 60)$$, 'when the window ends, the whole allowance is there again');
select results_eq(
  $$select allowed, remaining from pipeline_internal.consume_rate_limit('test:a', 1, 60)$$, $$values (false, 0)$$,
  'a limit that was lowered holds at once');

select * from finish();
rollback;
