begin;
select plan(14);

update pipeline_internal.limits set wrong_passwords_per_account = 2;
create temporary table created as select tests.create_user() as user_id;
create temporary table ada as select user_id, email from created join auth.users on id = user_id;
create function pg_temp.shown(p_is_right boolean) returns text language sql as $$
  select coalesce(said ->> 'decision', said -> 'error' ->> 'http_code')
  from ada, pipeline_internal.password_verification_attempt(jsonb_build_object('user_id', user_id, 'valid', p_is_right)) said
$$;
create function pg_temp.recorded() returns bigint language sql as $$
  select count(*) from pipeline_internal.audit_log join ada using (user_id) where action = 'sign_in_failed'
$$;

select ok(
  has_schema_privilege('supabase_auth_admin', 'pipeline_internal', 'usage')
  and has_function_privilege('supabase_auth_admin', 'pipeline_internal.password_verification_attempt(jsonb)', 'execute'),
  'Auth may call the hook');
select is(pg_temp.shown(false), 'continue', 'a wrong password');
select is(pg_temp.shown(true), 'continue', 'that is followed by the right one');
select is(pg_temp.shown(false), 'continue', 'is forgotten:');
select is(pg_temp.shown(false), 'continue', 'two more are let through,');
select is(pg_temp.shown(false), '429', 'the third is not,');
select is(pg_temp.shown(true), '429', 'nor is the right one then');
select is(pg_temp.recorded(), 3::bigint, 'each is recorded that was let through');
update pipeline_internal.rate_limits set resets_at = clock_timestamp() - interval '1 second' where key like 'wrong-passwords:%';
select is(pg_temp.shown(true), 'continue', 'until the window is over');

create temporary table begun as
select b.* from ada, pipeline_internal.begin_sign_in(upper(email), repeat('a', 64)) b;
select is(pg_temp.shown(false), 'continue', 'what the API has announced');
select is(pg_temp.recorded(), 3::bigint, 'it records itself');
select pipeline_internal.end_sign_in(user_id, sign_in_no, repeat('a', 64), 'wrong') from begun;
select ok((pipeline_internal.begin_sign_in('nobody@example.test', repeat('a', 64))).allowed, 'it counts by the address,');
select ok(not (pipeline_internal.begin_sign_in('nobody@example.test', repeat('a', 64))).allowed, 'of an account or of none');
select pipeline_internal.end_sign_in(null, null, repeat('a', 64), 'unknown');
select ok((pipeline_internal.begin_sign_in('nobody@example.test', repeat('a', 64))).allowed, 'and not what nobody judged');

select * from finish();
rollback;
