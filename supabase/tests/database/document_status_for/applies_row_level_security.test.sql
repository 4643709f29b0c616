begin;
select plan(9);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.register(u) j;
create temporary table bob as select j.* from tests.create_user('bob') u, tests.register(u) j;
create function pg_temp.poll(p_user_id uuid, p_document_id uuid) returns upload_pipeline.document_status
language sql as $$
  select pipeline_internal.document_status_for(
    jsonb_build_object('sub', p_user_id, 'role', 'authenticated'), p_document_id)
$$;

select is((select (pg_temp.poll(user_id, document_id)).job_id from ada), (select job_id from ada),
  'returns the user''s own status');
select is(current_user, 'postgres'::name, 'restores the role afterwards');
select ok((select pg_temp.poll(b.user_id, a.document_id) is null from ada a, bob b),
  'returns null for another user''s document');
select ok((select pg_temp.poll(user_id, gen_random_uuid()) is null from ada),
  'returns null for a document that does not exist');
select ok(
  (select pipeline_internal.document_status_for('{"role": "authenticated"}', document_id) is null from ada),
    'returns null without a user');
select ok((select pg_temp.poll(user_id, null) is null from ada), 'returns null without an id');

update pipeline_internal.limits set status_polls_per_minute = 1;
create function pg_temp.counted() returns table (allowed boolean, job_id uuid)
language sql as $$
  select t.allowed, s.job_id
  from ada a
  cross join lateral pipeline_internal.consume_request(a.user_id, a.document_id) t
  cross join lateral pg_temp.poll(a.user_id, case when t.allowed then a.document_id end) s
$$;
select results_eq('select * from pg_temp.counted()', 'select true, job_id from ada',
  'returns an allowed poll in one statement');
select results_eq('select * from pg_temp.counted()', 'values (false, null::uuid)',
  'refuses a poll beyond the limit in one statement');
select throws_ok(
  $$select tests.act_as(user_id) from ada; select pipeline_internal.document_status_for('{}', document_id)
    from ada$$, '42501', null,
  'refuses calls of users');

select * from finish();
rollback;
