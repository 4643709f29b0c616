begin;
select plan(7);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
select pipeline_internal.record_audit_entry('export', user_id, user_id, 'req-ada', '203.0.113.0/24') from ada;
select pipeline_internal.record_audit_entry('export', user_id, user_id, 'req-bob', '203.0.113.0/24') from bob;
delete from auth.users where id = (select user_id from ada);
create function pg_temp.network(p_request_id text) returns cidr language sql as $$
  select network from pipeline_internal.audit_log where request_id = p_request_id
$$;

select is((select days from pipeline_internal.retention where category = 'security_hold'), 7::real,
  'holds the network for seven days by default');
select throws_ok(
  $$update pipeline_internal.retention set days = 31 where category = 'security_hold'$$, '23514', null,
    'refuses a hold of more than 30 days');
select throws_ok(
  $$update pipeline_internal.audit_log set network = null where request_id = 'req-ada'$$, '42501',
    'audit_log is append-only',
  'refuses to clear the network before the hold is over');
select pipeline_internal.purge();
select is(pg_temp.network('req-ada'), '203.0.113.0/24'::cidr, 'keeps the network in a purge before the hold is over');

-- Sets a hold that is over already.
update pipeline_internal.retention set days = 0.0000001 where category = 'security_hold';
select pg_sleep(0.05);
select is((select removed_count from pipeline_internal.purge() where category = 'security_hold'), 1::bigint,
  'clears the network in a purge after the hold');
select is(pg_temp.network('req-ada'), null, 'changes no other column');
select is(pg_temp.network('req-bob'), '203.0.113.0/24'::cidr, 'keeps the network of existing users');

select * from finish();
rollback;
