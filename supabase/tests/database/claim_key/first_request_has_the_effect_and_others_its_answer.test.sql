begin;
select plan(17);

create temporary table users as select tests.create_user('ada') as ada, tests.create_user('bob') as bob;
create function pg_temp.claim(p_request text default 'a', p_user_id uuid default null)
returns table (outcome text, answer jsonb)
language sql as $$
  select c.outcome, c.answer from users cross join lateral pipeline_internal.claim_key(coalesce(p_user_id, ada), 'key-1', repeat(p_request, 64)) c
$$;
create function pg_temp.pass_time(p_time interval) returns void
language sql as $$
  update pipeline_internal.idempotency_keys set created_at = created_at - p_time, claimed_until = claimed_until - p_time
$$;

select results_eq('select * from pg_temp.claim()', $$values ('claimed', null::jsonb)$$, 'the first has the key');
select results_eq('select * from pg_temp.claim()', $$values ('in_use', null::jsonb)$$, 'the second hears that it is at work');
select results_eq($$select * from pg_temp.claim('b')$$, $$values ('reused', null::jsonb)$$, 'another request cannot have it');
select results_eq(
  'select outcome from pg_temp.claim(p_user_id => (select bob from users))', $$values ('claimed')$$, 'of another user it is another key');

create function pg_temp.free_in_seconds() returns int
language sql as $$ select c.free_in_seconds from users, pipeline_internal.claim_key(ada, 'key-1', repeat('a', 64)) c $$;
select is(pg_temp.free_in_seconds(), 15, 'and for how long at most, if the first died');
select pg_temp.pass_time('10 seconds');
select is(pg_temp.free_in_seconds(), 5, 'which is the less the longer ago it was heard of');
select pipeline_internal.extend_key(ada, 'key-1') from users;
select is(pg_temp.free_in_seconds(), 15, 'one that is at work prolongs its claim');

select pg_temp.pass_time('16 seconds');
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('reused')$$, 'a dead request still says what the key is for');
select results_eq('select outcome from pg_temp.claim()', $$values ('claimed')$$, 'its repetition takes its place');
select results_eq('select outcome from pg_temp.claim()', $$values ('in_use')$$, 'once');

select pipeline_internal.release_key(ada, 'key-1') from users;
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('claimed')$$, 'a key that was released is free for any request');
select pipeline_internal.store_answer(ada, 'key-1', '{"job": 1}') from users;
select results_eq($$select * from pg_temp.claim('b')$$, $$values ('answered', '{"job": 1}'::jsonb)$$, 'repetitions get the answer');
select results_eq($$select * from pg_temp.claim('a')$$, $$values ('reused', null::jsonb)$$, 'other requests do not');
select pipeline_internal.release_key(ada, 'key-1') from users;
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('answered')$$, 'an answer that was kept stays');

select pg_temp.pass_time('23 hours');
select pipeline_internal.purge_rate_limits();
select results_eq($$select outcome from pg_temp.claim('b')$$, $$values ('answered')$$, 'for a day');
select pg_temp.pass_time('1 hour');
select results_eq($$select outcome from pg_temp.claim('a')$$, $$values ('claimed')$$, 'after which the key is as new');
select pg_temp.pass_time('25 hours');
select pipeline_internal.purge();
select is_empty('select from pipeline_internal.idempotency_keys, users where user_id in (ada, bob)', 'and is forgotten by the upkeep');

select * from finish();
rollback;
