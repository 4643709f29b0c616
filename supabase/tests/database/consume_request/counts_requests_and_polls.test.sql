begin;
select plan(7);

update pipeline_internal.limits set requests_per_user_per_hour = 4, status_polls_per_minute = 2;
create temporary table given as
  select tests.create_user('ada') as ada, tests.create_user('bob') as bob, gen_random_uuid() as one,
    gen_random_uuid() as two;

create function pg_temp.request(p_user text, p_document text default null)
returns table (limit_name text, allowed boolean, limit_value int, remaining int)
language sql as $$
  select t.limit_name, t.allowed, t.limit_value, t.remaining
  from given g cross join lateral pipeline_internal.consume_request(
    case p_user when 'ada' then g.ada else g.bob end, case p_document when 'one' then g.one when 'two' then g.two end) t
$$;

select results_eq(
  $$select * from pg_temp.request('ada', 'one')$$, $$values ('status_polls_per_minute', true, 2, 1)$$,
    'reports the poll limit for a status request');
select results_eq(
  $$select * from pg_temp.request('ada', 'one')$$, $$values ('status_polls_per_minute', true, 2, 0)$$,
    'counts polls per document');
select results_eq(
  $$select * from pg_temp.request('ada', 'one')$$, $$values ('status_polls_per_minute', false, 2, 0)$$,
    'refuses polls beyond the limit');
select results_eq(
  $$select * from pg_temp.request('bob', 'one')$$, $$values ('status_polls_per_minute', true, 2, 1)$$,
  'counts another user''s polls separately');
select results_eq(
  $$select * from pg_temp.request('ada')$$, $$values ('requests_per_user_per_hour', true, 4, 0)$$,
  'counts polls, including refused ones, as requests');
select results_eq(
  $$select * from pg_temp.request('ada', 'two')$$, $$values ('requests_per_user_per_hour', false, 4, 0)$$,
    'refuses requests beyond the limit');
select is_empty(
  $$select from pipeline_internal.rate_limits a, given g where a.key = 'polls:' || g.ada || ':' || g.two$$,
    'counts no poll when the request limit refuses');

select * from finish();
rollback;
