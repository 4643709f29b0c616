begin;
select plan(4);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.demanded() returns text language sql as $$
  select d::text from ada, pipeline_internal.required_proof(user_id) d
$$;

update auth.users u set encrypted_password = 'a' from ada where u.id = ada.user_id;
select is(pg_temp.demanded(), '(t,f)', 'the password, of an account that has one');

update auth.users u set encrypted_password = '' from ada where u.id = ada.user_id;
select is(pg_temp.demanded(), '(f,f)', 'none, of an account that was made by a provider');
update auth.users u set encrypted_password = null from ada where u.id = ada.user_id;
select is(pg_temp.demanded(), '(f,f)', 'nor of one that was made by a mailed link');

update pipeline_internal.limits set mfa_for_deletion = true;
select is(pg_temp.demanded(), '(f,t)', 'and a second factor where that is demanded');

select * from finish();
rollback;
