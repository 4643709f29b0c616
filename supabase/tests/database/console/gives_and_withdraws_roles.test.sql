begin;
select plan(12);

create temporary table created as select tests.create_user('ada') as user_id;
create temporary table ada as select user_id, email from created join auth.users on id = user_id;
update auth.users set raw_app_meta_data = '{"provider": "email"}' where id = (select user_id from ada);
create function pg_temp.set_role(p_role text) returns text
language sql as $$ select pipeline_internal.set_console_role(upper(email), p_role) from ada $$;
create function pg_temp.metadata() returns jsonb
language sql as $$ select raw_app_meta_data from auth.users join ada on user_id = id $$;

select is(pg_temp.set_role('viewer'), null, 'had no role before');
select is(pg_temp.metadata(), '{"provider": "email", "pipeline_role": "viewer"}', 'gives the role, and keeps the rest');
select is(pg_temp.set_role('operator'), 'viewer', 'answers the role before');
select results_eq(
  $$select r.role, r.is_in_force from pipeline_monitoring.console_roles r join ada using (user_id, email)$$,
  $$values ('operator', true)$$, 'lists who has a role');
select is(pg_temp.set_role('operator'), 'operator', 'changes nothing when the user has the role');
select is(pg_temp.set_role('none'), 'operator', 'withdraws the role');
select is(pg_temp.metadata(), '{"provider": "email"}', 'leaves the rest when it withdraws the role');
select is_empty('select from pipeline_monitoring.console_roles join ada using (user_id)', 'lists a role no longer');
select results_eq(
  $$select actor, database_role, details from pipeline_internal.audit_log join ada using (user_id)
    where action = 'role_changed' order by audit_no$$,
  $$values ('operator', session_user, '{"from": "none", "to": "viewer"}'::jsonb),
           ('operator', session_user, '{"from": "viewer", "to": "operator"}'),
           ('operator', session_user, '{"from": "operator", "to": "none"}')$$,
  'writes an audit entry for each change');
select throws_ok($$select pg_temp.set_role('admin')$$, '22023', 'Unknown role: admin.', 'refuses another role');
select throws_ok(
  $$select pipeline_internal.set_console_role('unknown@example.test', 'viewer')$$, 'P0002',
  '0 users have the address unknown@example.test.', 'refuses an unknown user');
select pg_temp.set_role('viewer');
update auth.users set banned_until = now() + interval '1 hour' where id = (select user_id from ada);
select is(r.is_in_force, false, 'says when a role is not in force')
  from pipeline_monitoring.console_roles r join ada using (user_id);

select * from finish();
rollback;
