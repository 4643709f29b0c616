-- As Realtime asks when a client joins: does row-level security show the client a message of the topic?
begin;
-- Tests that change the platform's policies wait for each other: its roles are lent once at a time.
do $$ begin perform pg_advisory_xact_lock(hashtext('tests: policies of the platform')); end $$;
select plan(12);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
grant select on ada, bob to public;
select tests.register(user_id) from ada;
select tests.register(user_id) from bob;
select tests.end_transaction();

create function pg_temp.seen() returns setof text language sql as $$ select topic from realtime.messages $$;
create function pg_temp.send(p_topic text) returns text
language plpgsql as $$
begin
  insert into realtime.messages (topic, extension, event, private, payload)
  values (p_topic, 'broadcast', 'document.status', true, '{"event_no": 7}');
  return 'sent';
exception when insufficient_privilege then
  return 'refused';
end $$;

select tests.act_as(user_id) from ada;
select results_eq(
  'select distinct pg_temp.seen()', 'select ''user:'' || user_id from ada', 'shows the owner their topic');
select set_config('realtime.topic', 'user:' || user_id, true) from bob;
select results_eq('select distinct pg_temp.seen()', 'select ''user:'' || user_id from ada',
  'shows no other topic, whichever the user asks for');
select is(pg_temp.send('user:' || user_id), 'refused', 'refuses to send to another''s topic') from bob;
select is(pg_temp.send('user:' || user_id), 'refused', 'refuses to send to one''s own topic') from ada;
select is_empty('update realtime.messages set payload = payload returning 1', 'refuses to change messages');
reset role;

select tests.act_as_anon();
select is_empty('select pg_temp.seen()', 'shows guests nothing');
select is(pg_temp.send('user:' || user_id), 'refused', 'refuses guests') from ada;
reset role;

select set_config('role', 'service_role', true);
select set_has(
  'select pg_temp.seen()',
  'select ''user:'' || user_id from ada union select ''user:'' || user_id from bob',
  'shows the secret key all');
reset role;

-- A project's own policies, as the documentation of Realtime shows them to beginners.
create policy "everyone listens" on realtime.messages for select using (true);
create policy "everyone speaks" on realtime.messages for insert with check (true);
select tests.act_as(user_id) from ada;
select results_eq('select distinct pg_temp.seen()', 'select ''user:'' || user_id from ada',
  'stays closed beside policies of the project that admit everyone');
select is(pg_temp.send('user:' || user_id) || ', ' || pg_temp.send('room:1'), 'refused, sent',
  'closes these topics only') from bob;
reset role;
select tests.act_as_anon();
select results_eq('select distinct pg_temp.seen()', array['room:1'], 'shows guests other topics only');
select is(pg_temp.send('user:' || user_id) || ', ' || pg_temp.send('room:1'), 'refused, sent',
  'refuses guests these topics only') from bob;
reset role;

select * from finish();
rollback;
