begin;
select plan(5);

create temporary table users as select tests.create_user('ada') as ada, tests.create_user('bob') as bob;
create function pg_temp.keep(p_user_id uuid, p_number int) returns void
language sql as $$
  select pipeline_internal.store_question_vector(p_user_id, 'model', lpad(to_hex(p_number), 64, '0'),
    tests.axis(1)::extensions.vector)
$$;
create function pg_temp.numbers(p_user_id uuid) returns int[]
language sql as $$
  select array_agg(('x' || right(key, 8))::bit(32)::int order by key) from pipeline_internal.question_vectors
    where user_id = p_user_id
$$;

select pg_temp.keep(bob, 1) from users;
select pg_temp.keep(ada, n) from users, generate_series(1, 200) n;
select is(pg_temp.numbers(ada), array(select generate_series(1, 200)), 'stores two hundred questions') from users;
select pipeline_internal.question_vector(ada, 'model', lpad('1', 64, '0')) from users;
select pg_temp.keep(ada, 201) from users;
select is(pg_temp.numbers(ada), array(select n from generate_series(1, 201) n where n <> 2),
  'removes the least recently used question')
from users;
select pg_temp.keep(ada, 201) from users;
select is(cardinality(pg_temp.numbers(ada)), 200, 'removes none when the question is known') from users;
select is(pg_temp.numbers(bob), array[1], 'keeps another user''s questions') from users;

delete from auth.users where id = (select ada from users);
select is(pg_temp.numbers(ada), null, 'deletes them with the account') from users;

select * from finish();
rollback;
