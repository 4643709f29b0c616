begin;
select plan(24);

create temporary table people as
  select tests.create_user('ada') as ada, tests.create_user('bob') as bob, tests.create_operator() as operator,
         tests.create_operator('viewer') as viewer;
create temporary table hers as select j.* from people, tests.complete_document(ada, 'hers') j;
create temporary table own as select j.* from people, tests.complete_document(operator, 'own') j;
select j.document_id from people, tests.complete_document(bob, 'his') j;
select pipeline_internal.store_question_vector(operator, 'model', repeat('a', 64), tests.axis(1)::extensions.vector),
       pipeline_internal.store_question_vector(ada, 'model', repeat('b', 64), tests.axis(1)::extensions.vector)
from people;
grant select on people, hers, own to public;
create function pg_temp.act_as_operator() returns void
language sql as $$ select tests.act_in_console(operator) from people $$;
create function pg_temp.act_as_ada() returns void
language sql as $$ select tests.act_as(ada) from people $$;
-- The names of the documents that a search finds.
create function pg_temp.found(p_user_id uuid, p_mode text default 'text') returns text[]
language sql as $$
  select coalesce(array_agg(distinct r ->> 'filename'), '{}') from jsonb_array_elements(pipeline_console.try_search(
    p_user_id, 'membership opens', repeat('a', 64), p_mode) -> 'results') r
$$;
create function pg_temp.entries(p_action text) returns bigint
language sql as $$ select count(*) from pipeline_internal.audit_log where action = p_action $$;

-- The user's choice.
select pg_temp.act_as_ada();
select throws_ok('select upload_pipeline.allow_support_access(0)', '22023', null, 'refuses no day');
select throws_ok('select upload_pipeline.allow_support_access(31)', '22023', null, 'refuses more than thirty days');
select throws_ok('select upload_pipeline.allow_support_access(null)', '22023', null, 'refuses an unknown time');
select results_eq(
  'select granted_at, until, is_in_force, uses from upload_pipeline.support_access()',
  $$values (null::timestamptz, null::timestamptz, false, '[]'::jsonb)$$, 'says that nothing is allowed at first');
select tests.act_as_anon();
select throws_ok('select upload_pipeline.allow_support_access(1)', '42501', null, 'refuses a caller without a user');

-- Without it.
select pg_temp.act_as_operator();
select throws_ok(
  'select pg_temp.found(ada) from people', 'PT403',
  'This user does not allow operators to try searches on their documents, or no longer does.',
  'refuses documents of a user who did not allow it');
select is_empty('select user_id from pipeline_console.support_users()', 'lists no user who did not allow it');
select is(pg_temp.found(operator), array['own.pdf'], 'tries the operator''s own documents without permission')
  from people;

-- With it.
select pg_temp.act_as_ada();
select is(
  upload_pipeline.allow_support_access(7), statement_timestamp() + interval '168 hours',
  'says until when it is allowed');
select pg_temp.act_as_operator();
select is(pg_temp.found(ada), array['hers.pdf'], 'finds the user''s documents, and no other''s') from people;
select is(pg_temp.found(ada, 'hybrid'), array['hers.pdf'], 'compares the vector of the operator''s own question')
  from people;
select throws_ok(
  $$select pipeline_console.try_search(ada, 'fees', repeat('b', 64)) from people$$, 'PT409', null,
  'refuses a vector that the operator has not asked for');
select throws_ok(
  'select pg_temp.found(bob) from people', 'PT403', null, 'refuses another user, who did not allow it');
select is(
  pipeline_console.try_search(ada, 'membership', null, 'text', p_document_ids => array[own.document_id]) -> 'results',
  '[]', 'finds none of the operator''s documents as the user') from people, own;
select is(auth.uid(), operator, 'is the operator again afterwards') from people;
select results_eq(
  'select s.user_id, s.until > s.granted_at, s.documents from pipeline_console.support_users() s',
  'select ada, true, 1::bigint from people', 'lists the user');
select tests.act_in_console(viewer, 'viewer') from people;
select throws_ok(
  'select pg_temp.found(ada) from people', '42501', 'This needs the role operator.', 'refuses a viewer');

-- Who used it.
reset role;
select results_eq(
  $$select a.user_id, a.operator_id, a.details from pipeline_internal.audit_log a, people
    where action = 'try_search' and a.user_id = ada order by audit_no limit 1$$,
  $$select ada, operator, '{"mode": "text", "hits": 2, "explains_chunk": false}'::jsonb from people$$,
  'writes an audit entry with the number of results');
select is_empty(
  $$select from pipeline_internal.audit_log where details::text ~* 'membership'$$, 'never records the question');
select pg_temp.act_as_ada();
select results_eq(
  $$select u ->> 'operator', u ->> 'hits', u ? 'operator_id'
    from upload_pipeline.support_access() s, jsonb_array_elements(s.uses) u$$,
  $$values ('1', '0', false), ('1', '2', false), ('1', '2', false)$$,
  'shows the user when an operator came and how much they saw, and not which operator');

-- Its end.
select is(upload_pipeline.withdraw_support_access(), true, 'withdraws it');
select pg_temp.act_as_operator();
select throws_ok('select pg_temp.found(ada) from people', 'PT403', null, 'refuses from the withdrawal on');
reset role;
insert into pipeline_internal.support_access (user_id, granted_at, until)
select ada, now() - interval '2 days', now() - interval '1 second' from people;
select pg_temp.act_as_operator();
select throws_ok('select pg_temp.found(ada) from people', 'PT403', null, 'refuses after its time');
reset role;
select is(
  array[pg_temp.entries('allow_support_access'), pg_temp.entries('withdraw_support_access')], array[1, 1]::bigint[],
  'writes an audit entry of each choice');

select * from finish();
rollback;
