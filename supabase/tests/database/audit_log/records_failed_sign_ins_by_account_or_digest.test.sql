begin;
select plan(4);

create temporary table ada as select id as user_id, email from auth.users where id = tests.create_user();
select pipeline_internal.record_failed_sign_in(upper(email), repeat('a', 64), 'invalid_credentials', 'req-known',
  '203.0.113.0/24') from ada;
select pipeline_internal.record_failed_sign_in('nobody@example.test', repeat('b', 64), 'invalid_credentials',
  'req-unknown', null);

select results_eq(
  $$select actor, details ->> 'code', user_id, email_digest, network from pipeline_internal.audit_log
    where request_id = 'req-known'$$,
  $$select 'visitor', 'invalid_credentials', user_id, null::text, cidr '203.0.113.0/24' from ada$$,
  'records the account of a failed sign-in');
select results_eq(
  $$select actor, user_id, email_digest from pipeline_internal.audit_log where request_id = 'req-unknown'$$,
  $$values ('visitor', null::uuid, repeat('b', 64))$$, 'records a digest when no account has the address');
select is_empty(
  $$select * from pipeline_internal.audit_log log, ada where log::text ilike '%' || email || '%'
    or log::text like '%@%'$$,
  'stores no address');
select throws_ok(
  $$insert into pipeline_internal.audit_log (action, actor, email_digest) values ('sign_in_failed', 'visitor',
    'ada@example.test')$$,
  '23514', null, 'refuses a digest that is an address');

select * from finish();
rollback;
