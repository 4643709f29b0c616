begin;
select plan(14);

update pipeline_internal.limits set wrong_passwords_per_account = 2;
create temporary table created as select tests.create_user() as user_id;
create temporary table ada as select user_id, email from created join auth.users on id = user_id;
create function pg_temp.shown(p_is_right boolean) returns text language sql as $$
  select coalesce(said ->> 'decision', said -> 'error' ->> 'http_code')
  from ada, pipeline_internal.password_verification_attempt(jsonb_build_object('user_id', user_id, 'valid',
    p_is_right)) said
$$;
create function pg_temp.recorded() returns bigint language sql as $$
  select count(*) from pipeline_internal.audit_log join ada using (user_id) where action = 'sign_in_failed'
$$;

select ok(
  has_schema_privilege('supabase_auth_admin', 'pipeline_internal', 'usage')
  and has_function_privilege('supabase_auth_admin', 'pipeline_internal.password_verification_attempt(jsonb)',
    'execute'),
  'lets Auth call the hook');
select is(pg_temp.shown(false), 'continue', 'accepts a wrong password');
select is(pg_temp.shown(true), 'continue', 'accepts the right password after it');
select is(pg_temp.shown(false), 'continue', 'resets the count');
select is(pg_temp.shown(false), 'continue', 'accepts two more wrong passwords');
select is(pg_temp.shown(false), '429', 'refuses the third wrong password');
select is(pg_temp.shown(true), '429', 'refuses the right password beyond the limit');
select is(pg_temp.recorded(), 3::bigint, 'records each accepted wrong password');
update pipeline_internal.rate_limits set resets_at = clock_timestamp() - interval '1 second'
  where key like 'wrong-passwords:%';
select is(pg_temp.shown(true), 'continue', 'accepts passwords when the window is over');

create temporary table started as
select b.* from ada, pipeline_internal.begin_sign_in(upper(email), repeat('a', 64)) b;
select is(pg_temp.shown(false), 'continue', 'accepts a pending sign-in of the API');
select is(pg_temp.recorded(), 3::bigint, 'does not record it in the hook');
select pipeline_internal.end_sign_in(user_id, sign_in_no, repeat('a', 64), 'wrong') from started;
select ok((pipeline_internal.begin_sign_in('nobody@example.test', repeat('a', 64))).allowed,
  'counts by address in the API');
select ok(not (pipeline_internal.begin_sign_in('nobody@example.test', repeat('a', 64))).allowed,
  'counts whether or not an account has the address');
select pipeline_internal.end_sign_in(null, null, repeat('a', 64), 'unknown');
select ok((pipeline_internal.begin_sign_in('nobody@example.test', repeat('a', 64))).allowed,
  'does not count a password that Auth did not judge');

select * from finish();
rollback;
