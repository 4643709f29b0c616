begin;
select plan(17);

create temporary table users as select tests.create_user('ada') as ada, tests.create_user('bob') as bob;
create function pg_temp.claim(p_request text default 'a', p_user_id uuid default null)
returns table (outcome text, answer jsonb)
language sql as $$
  select c.outcome, c.answer
    from users cross join lateral pipeline_internal.claim_key(coalesce(p_user_id, ada), 'key-1',
      repeat(p_request, 64)) c
$$;
create function pg_temp.pass_time(p_time interval) returns void
language sql as $$
  update pipeline_internal.idempotency_keys set created_at = created_at - p_time, claimed_until = claimed_until - p_time
$$;

select results_eq('select * from pg_temp.claim()', $$values ('claimed', null::jsonb)$$,
  'claims the key for the first request');
select results_eq('select * from pg_temp.claim()', $$values ('in_use', null::jsonb)$$,
  'reports in_use to the second request');
select results_eq($$select * from pg_temp.claim('b')$$, $$values ('reused', null::jsonb)$$,
  'reports reused to another request');
select results_eq(
  'select outcome from pg_temp.claim(p_user_id => (select bob from users))', $$values ('claimed')$$,
    'claims the same key for another user');

create function pg_temp.free_in_seconds() returns int
language sql as $$ select c.free_in_seconds from users, pipeline_internal.claim_key(ada, 'key-1', repeat('a', 64)) c $$;
select is(pg_temp.free_in_seconds(), 15, 'reports the seconds until the claim expires');
select pg_temp.pass_time('10 seconds');
select is(pg_temp.free_in_seconds(), 5, 'reports fewer seconds for an older claim');
select pipeline_internal.extend_key(ada, 'key-1') from users;
select is(pg_temp.free_in_seconds(), 15, 'extends the claim of a running request');

select pg_temp.pass_time('16 seconds');
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('reused')$$,
  'remembers the request of an expired claim');
select results_eq('select outcome from pg_temp.claim()', $$values ('claimed')$$,
  'lets a repetition claim an expired key');
select results_eq('select outcome from pg_temp.claim()', $$values ('in_use')$$, 'lets only one repetition claim it');

select pipeline_internal.release_key(ada, 'key-1') from users;
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('claimed')$$,
  'claims a released key for any request');
select pipeline_internal.store_answer(ada, 'key-1', '{"job": 1}') from users;
select results_eq($$select * from pg_temp.claim('b')$$, $$values ('answered', '{"job": 1}'::jsonb)$$,
  'answers repetitions');
select results_eq($$select * from pg_temp.claim('a')$$, $$values ('reused', null::jsonb)$$,
  'reports reused to other requests');
select pipeline_internal.release_key(ada, 'key-1') from users;
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('answered')$$, 'keeps the first answer');

select pg_temp.pass_time('23 hours');
select pipeline_internal.purge_rate_limits();
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('answered')$$, 'keeps the answer for a day');
select pg_temp.pass_time('1 hour');
select results_eq($$select outcome from pg_temp.claim('a')$$, $$values ('claimed')$$,
  'claims the key again after a day');
select pg_temp.pass_time('25 hours');
select pipeline_internal.purge();
select is_empty('select from pipeline_internal.idempotency_keys, users where user_id in (ada, bob)',
  'removes old keys in a purge');

select * from finish();
rollback;
