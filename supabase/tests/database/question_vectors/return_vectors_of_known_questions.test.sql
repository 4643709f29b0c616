begin;
select plan(9);

create temporary table users as select tests.create_user('ada') as ada, tests.create_user('bob') as bob;
create function pg_temp.keep(p_key text, p_axis int, p_user_id uuid default null, p_model text default 'model')
  returns text
language sql as $$
  select pipeline_internal.store_question_vector(coalesce(p_user_id, ada), p_model, p_key,
    tests.axis(p_axis)::extensions.vector)::text
  from users
$$;
create function pg_temp.known(p_key text, p_user_id uuid default null, p_model text default 'model') returns text
language sql as $$
  select pipeline_internal.question_vector(coalesce(p_user_id, ada), p_model, p_key)::text from users
$$;

select is(pg_temp.known(repeat('a', 64)), null, 'returns null for an unknown question');
select is(pg_temp.keep(repeat('a', 64), 1), tests.axis(1), 'stores a question');
select is(pg_temp.known(repeat('a', 64)), tests.axis(1), 'returns the stored vector');
select is(pg_temp.known(repeat('b', 64)), null, 'returns null for another question');
select is(pg_temp.known(repeat('a', 64), (select bob from users)), null, 'returns null for another user');
select is(pg_temp.known(repeat('a', 64), p_model => 'other'), null, 'returns null for another model');
select is(pg_temp.keep(repeat('a', 64), 2), tests.axis(1), 'returns the first vector when two store the same question');

update pipeline_internal.question_vectors set used_at = now() - interval '29 days';
select pg_temp.known(repeat('a', 64));
select ok(used_at > now() - interval '1 minute', 'updates the time of use') from pipeline_internal.question_vectors;
select throws_ok(
  $$select pg_temp.keep('When is the library open?', 1)$$, '23514', null, 'stores no text of a question');

select * from finish();
rollback;
