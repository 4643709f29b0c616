begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.entries() returns setof text language sql as $$
  select action || ' ' || actor from pipeline_internal.audit_log log join ada using (user_id) order by audit_no
$$;

select is(pipeline_internal.password_trusted_from(user_id), null, 'trusts the first password') from ada;

update auth.users u set encrypted_password = 'another', updated_at = now() from ada where u.id = ada.user_id;
select results_eq($$select * from pg_temp.entries()$$, $$values ('password_changed operator')$$, 'records a new '
    'password');
select is(
  pipeline_internal.password_trusted_from(user_id),
  (select happened_at + interval '24 hours' from pipeline_internal.audit_log log where log.user_id = ada.user_id),
  'trusts a new password after a day') from ada;

update auth.users u set encrypted_password = 'another', email_confirmed_at = now() from ada where u.id = ada.user_id;
select is((select count(*) from pg_temp.entries()), 1::bigint, 'ignores an update to the same password');

alter table pipeline_internal.audit_log disable trigger append_only;
update pipeline_internal.audit_log log set happened_at = happened_at - interval '25 hours' from ada
  where log.user_id = ada.user_id;
alter table pipeline_internal.audit_log enable trigger append_only;
select is(pipeline_internal.password_trusted_from(user_id), null, 'trusts the password when the day is over') from ada;

select is(pipeline_internal.password_trusted_from(gen_random_uuid()), null, 'returns null for an unknown user');

select * from finish();
rollback;
