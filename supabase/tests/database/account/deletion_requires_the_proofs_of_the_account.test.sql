begin;
select plan(4);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.demanded() returns text language sql as $$
  select d::text from ada, pipeline_internal.required_proof(user_id) d
$$;

update auth.users u set encrypted_password = 'a' from ada where u.id = ada.user_id;
select is(pg_temp.demanded(), '(t,f)', 'requires the password when the account has one');

update auth.users u set encrypted_password = '' from ada where u.id = ada.user_id;
select is(pg_temp.demanded(), '(f,f)', 'requires no password when a provider created the account');
update auth.users u set encrypted_password = null from ada where u.id = ada.user_id;
select is(pg_temp.demanded(), '(f,f)', 'requires no password when a mailed link created the account');

update pipeline_internal.limits set mfa_for_deletion = true;
select is(pg_temp.demanded(), '(f,t)', 'requires a second factor when mfa_for_deletion is set');

select * from finish();
rollback;
