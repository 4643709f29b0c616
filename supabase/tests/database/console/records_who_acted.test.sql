begin;
select plan(13);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table operator as select tests.create_operator() as user_id;
create temporary table job as select j.* from ada, tests.job_at('parse', user_id) j;
grant select on ada, operator, job to public;
create function pg_temp.last_entry() returns setof pipeline_internal.audit_log
language sql as $$ select * from pipeline_internal.audit_log order by audit_no desc limit 1 $$;

select throws_ok(
  $$select pipeline_internal.record_console_act('pause_stage')$$, '42501', 'This needs the role operator.',
  'records no act of a caller who is not in the console');
select throws_ok(
  $$insert into pipeline_internal.audit_log (action, actor, operator_id)
    select 'upload', 'user', user_id from operator$$, '23514', null, 'names an operator for operators'' acts only');
select throws_ok(
  $$insert into pipeline_internal.audit_log (action, actor) values ('pause_stage', 'user')$$, '23514', null,
  'knows the actions of users');

select tests.act_in_console(user_id) from operator;
reset role;
select pipeline_internal.record_console_act('retry_document', document_id, '{"stage": "parse", "reason": null}')
  from job;
select results_eq(
  'select action, actor, operator_id, user_id, subject_id, details from pg_temp.last_entry()',
  $$select 'retry_document', 'operator', operator.user_id, ada.user_id, document_id, '{"stage": "parse"}'::jsonb
    from operator, ada, job$$,
  'names the operator, the document, its user, and what was done');
select pipeline_internal.record_console_act('budget_changed', p_user_id => user_id) from ada;
select results_eq(
  'select operator_id, user_id, subject_id from pg_temp.last_entry()',
  'select operator.user_id, ada.user_id, null::uuid from operator, ada', 'names the user whom an act concerns');
select tests.claim('parse', job_id) from job;
select tests.reject(tests.reclaim('parse', job_id), 'CODE', 'a message') from job;
select pipeline_internal.redrive(job_id) from job;
select results_eq(
  'select action, operator_id, user_id from pg_temp.last_entry()',
  $$select 'redrive', operator.user_id, ada.user_id from operator, ada$$,
  'names the operator in the entries of the functions that an act calls');
update pipeline_internal.limits set documents_per_user = 7;
select results_eq(
  'select action, operator_id from pg_temp.last_entry()', $$select 'setting_changed', user_id from operator$$,
  'names the operator who changed a setting');
select set_config('request.jwt.claims', null, true);
select pipeline_internal.record_audit_entry('key_rotation');
select results_eq(
  'select actor, database_role, operator_id from pg_temp.last_entry()',
  $$values ('operator', session_user, null::uuid)$$, 'names an operator of SQL by the database role alone');

-- The operator acts on a document of their own.
create temporary table own as select j.* from operator, tests.job_at('parse', user_id, 'own') j;
select tests.act_in_console(user_id) from operator;
reset role;
select pipeline_internal.record_console_act('retry_document', document_id) from own;
create temporary table own_entry as select audit_no from pg_temp.last_entry();
delete from auth.users where id = (select user_id from operator);
select is_empty(
  $$select from pipeline_internal.audit_log a, operator where a::text like '%' || operator.user_id || '%'$$,
  'forgets the operator with the account');
select results_eq(
  'select operator_id, user_id, subject_id, account_gone_at is not null
   from pipeline_internal.audit_log join own_entry using (audit_no)',
  'values (null::uuid, null::uuid, null::uuid, true)', 'forgets both where the operator was the user too');
select results_eq(
  $$select a.user_id, a.subject_id, a.database_role, a.account_gone_at from pipeline_internal.audit_log a
    where action = 'retry_document' and a.user_id is not null$$,
  $$select ada.user_id, document_id, session_user, null::timestamptz from ada, job$$,
  'keeps what was done to the user''s document');
delete from auth.users where id = (select user_id from ada);
select is_empty(
  $$select from pipeline_internal.audit_log a, ada where a::text like '%' || ada.user_id || '%'$$,
  'forgets the user with their account');
select is_empty(
  $$select from pipeline_internal.audit_log where action = 'retry_document' and subject_id is not null$$,
  'forgets the document with its user''s account');

select * from finish();
rollback;
