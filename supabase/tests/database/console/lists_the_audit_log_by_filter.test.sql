begin;
select plan(13);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table operator as select tests.create_operator() as user_id;
create temporary table viewer as select tests.create_operator('viewer') as user_id;
create temporary table entries as select gen_random_uuid() as subject_id;
grant select on ada, operator, viewer, entries to public;
insert into pipeline_internal.audit_log (action, actor, happened_at, user_id, subject_id, network, request_id, details)
select 'upload', 'user', '2100-01-01'::timestamptz + make_interval(hours => n), a.user_id,
       case when n = 3 then e.subject_id end, '203.0.113.0/24', 'request-' || n, jsonb_build_object('n', n)
from generate_series(1, 6) n, ada a, entries e;
-- At the same moment as another entry.
insert into pipeline_internal.audit_log (action, actor, happened_at, details)
values ('webhook_refused', 'visitor', '2100-01-01 03:00+00', '{"reason": "unsigned"}');
select tests.act_in_console(user_id) from operator;
reset role;
insert into pipeline_internal.audit_log (action, actor, happened_at, database_role, operator_id, user_id)
select 'redrive', 'operator', '2100-01-01 08:00+00', session_user, o.user_id, a.user_id from operator o, ada a;

select tests.act_in_console(user_id, 'viewer') from viewer;
create function pg_temp.found(p_filter jsonb default '{}') returns text
language sql as $$
  select string_agg(action || coalesce(' ' || (details ->> 'n'), ''), ', ' order by happened_at desc, audit_no desc)
  from pipeline_console.audit_entries(
    p_action => p_filter ->> 'action', p_actor => p_filter ->> 'actor', p_user_id => (p_filter ->> 'user')::uuid,
    p_operator_id => (p_filter ->> 'operator')::uuid, p_subject_id => (p_filter ->> 'subject')::uuid,
    p_from => coalesce((p_filter ->> 'from')::timestamptz, '2100-01-01'), p_to => (p_filter ->> 'to')::timestamptz,
    p_before_at => (p_filter ->> 'before_at')::timestamptz, p_before_no => (p_filter ->> 'before_no')::bigint,
    p_limit => coalesce((p_filter ->> 'limit')::int, 50))
$$;
select is(
  pg_temp.found(), 'redrive, upload 6, upload 5, upload 4, webhook_refused, upload 3, upload 2, upload 1',
  'lists the latest first');
select is(pg_temp.found('{"action": "webhook_refused"}'), 'webhook_refused', 'filters by action');
select is(pg_temp.found('{"actor": "visitor"}'), 'webhook_refused', 'filters by actor');
select is(pg_temp.found('{"actor": "user", "action": "redrive"}'), null, 'applies all filters');
select is(pg_temp.found(jsonb_build_object('user', user_id, 'actor', 'operator')), 'redrive', 'filters by user')
  from ada;
select is(pg_temp.found(jsonb_build_object('operator', user_id)), 'redrive', 'filters by operator') from operator;
select is(pg_temp.found(jsonb_build_object('subject', subject_id)), 'upload 3', 'filters by document or job')
  from entries;
select is(
  pg_temp.found('{"from": "2100-01-01 02:00+00", "to": "2100-01-01 04:00+00"}'), 'webhook_refused, upload 3, upload 2',
  'filters by time');
create temporary table page as
  select * from pipeline_console.audit_entries(p_from => '2100-01-01', p_limit => 5) order by happened_at, audit_no
  limit 1;
select is(
  pg_temp.found(jsonb_build_object('before_at', happened_at, 'before_no', audit_no)), 'upload 3, upload 2, upload 1',
  'continues after the last entry of a page, also within a moment') from page;
select results_eq(
  $$select e.operator_id, e.operator_email, e.user_id from pipeline_console.audit_entries(p_from => '2100-01-01') e
    where e.action = 'redrive'$$,
  $$select o.user_id, u.operator_email, a.user_id from operator o, ada a, lateral (
      select c.operator_email from pipeline_console.audit_entries(p_operator_id => o.user_id, p_limit => 1) c) u
    where u.operator_email like 'operator-%@example.test'$$,
  'names the operator who acted');
select results_eq(
  $$select network, request_id, details, subject_id from pipeline_console.audit_entries(p_from => '2100-01-01') e
    where e.details = '{"n": 3}'$$,
  $$select '203.0.113.0/24', 'request-3', '{"n": 3}'::jsonb, subject_id from entries$$, 'shows an entry''s details');
select ok(
  f.actors @> '{user,visitor,operator}' and f.actions @> '{redrive,upload,webhook_refused}'
  and exists (select from jsonb_array_elements(f.operators) o, operator where (o ->> 'id')::uuid = operator.user_id),
  'offers the values that occur') from pipeline_console.audit_filters() f;
reset role;
delete from auth.users where id = (select user_id from operator);
select tests.act_in_console(user_id, 'viewer') from viewer;
select is(
  (select count(*) from pipeline_console.audit_entries(p_action => 'redrive', p_from => '2100-01-01')
   where operator_id is null and operator_email is null), 1::bigint, 'forgets an operator with the account');

select * from finish();
rollback;
