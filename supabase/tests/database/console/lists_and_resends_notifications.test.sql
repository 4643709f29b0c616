begin;
select plan(23);

create temporary table operator as select tests.create_operator() as user_id;
create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table document as select j.document_id from ada, tests.register(user_id) j;
grant select on operator, ada, document to public;
select pipeline_internal.add_endpoint(
  'c-app', 'https://key:secret@app.example.com:8443/hook?token=secret', array['document.failed', 'alert.opened']);
select pipeline_internal.add_endpoint(
  'c-chat', 'https://chat.example.com/services/secret', array['alert.opened'], 'slack');
create temporary table e as select * from pipeline_internal.endpoints where name like 'c-%';
insert into pipeline_internal.outbox (
  message_id, endpoint_id, type, body, document_id, attempt_count, due_at, delivered_at, given_up_at, last_status,
  last_error)
select m.message_id, e.endpoint_id, m.type, m.body, case when m.message_id = 'm3' then d.document_id end, m.attempts,
       now() + interval '5 minutes', m.delivered_at, m.given_up_at, m.status, m.error
from (values
  ('m1', 'c-app', 'document.failed', null, 1, now(), null::timestamptz, 204, null),
  ('m2', 'c-app', 'alert.opened', '{}', 12, null, now(), 500, 'it answered 500'),
  ('m3', 'c-app', 'document.failed', '{}', 12, null, now(), null, 'it could not be reached'),
  ('m4', 'c-app', 'document.failed', '{}', 2, null, null, 503, 'it answered 503'),
  ('m5', 'c-chat', 'alert.opened', '{}', 0, null, null, null, null)
) m (message_id, endpoint, type, body, attempts, delivered_at, given_up_at, status, error)
join e on e.name = m.endpoint cross join document d
order by m.message_id;

select tests.act_in_console(user_id) from operator;
select results_eq(
  $$select name, host, format, events, is_enabled, waiting_count, given_up_count from pipeline_console.endpoints()
    where name like 'c-%'$$,
  $$values ('c-app', 'app.example.com:8443', 'standard', '{document.failed,alert.opened}'::text[], true, 1::bigint,
            2::bigint),
           ('c-chat', 'chat.example.com', 'slack', '{alert.opened}', true, 1, 0)$$,
  'lists endpoints with their backlog');
select is_empty(
  $$select from pipeline_console.endpoints() r where to_jsonb(r)::text like '%secret@%'
    or to_jsonb(r)::text like '%/hook%'
      or to_jsonb(r)::text like '%services/%' or to_jsonb(r)::text like '%whsec%'$$, 'shows no secret of an endpoint');
select results_eq(
  $$select last_delivered_at, last_error, next_attempt_at from pipeline_console.endpoints() where name = 'c-app'$$,
  $$values (now(), 'it answered 503', now() + interval '5 minutes')$$,
  'shows the last delivery, the last error, and the next attempt');

create function pg_temp.found(p_endpoint text default null, p_type text default null, p_outcome text default null)
returns text language sql as $$
  select string_agg(message_id, ' ' order by delivery_no desc)
  from pipeline_console.notifications(p_endpoint, p_type, p_outcome)
  where endpoint like 'c-%'
$$;
select is(pg_temp.found(), 'm5 m4 m3 m2 m1', 'lists the latest first');
select is(pg_temp.found(p_endpoint => 'c-chat'), 'm5', 'filters by endpoint');
select is(pg_temp.found(p_type => 'alert.opened'), 'm5 m2', 'filters by event');
select is(pg_temp.found(p_outcome => 'given_up'), 'm3 m2', 'filters by outcome');
select is(pg_temp.found('c-app', 'document.failed', 'waiting'), 'm4', 'applies all filters');
select results_eq(
  $$select attempt_count, next_attempt_at, last_status, last_error, outcome
    from pipeline_console.notifications('c-app', p_outcome => 'waiting')$$,
  $$values (2, now() + interval '5 minutes', 503, 'it answered 503', 'waiting')$$, 'shows attempts and the next one');
select is(
  (select array_agg(n.message_id order by n.delivery_no desc)
   from pipeline_console.notifications('c-app', p_limit => 2) n), '{m4,m3}', 'bounds a page');
select is(
  (select array_agg(n.message_id order by n.delivery_no desc)
   from pipeline_console.notifications('c-app', p_limit => 2) f
   cross join lateral pipeline_console.notifications('c-app', p_before_no => f.delivery_no) n
   where f.message_id = 'm3'), '{m2,m1}', 'continues after the last of a page');

create function pg_temp.no(p_message_id text) returns bigint
language sql as $$ select n.delivery_no from pipeline_console.notifications() n where n.message_id = p_message_id $$;
create function pg_temp.last_act() returns text
language sql as $$
  select a.action || ' ' || a.details from pipeline_console.audit_entries(p_limit => 1) a, operator
  where a.operator_id = operator.user_id
$$;
select is(pipeline_console.resend_notification(pg_temp.no('m1')), false, 'cannot resend what was delivered');
select is(pipeline_console.resend_notification(-1), false, 'cannot resend what is not there');
select is(pipeline_console.resend_notification(pg_temp.no('m3')), true, 'resends one');
select results_eq(
  $$select n.outcome, n.attempt_count, n.next_attempt_at <= clock_timestamp() from pipeline_console.notifications() n
    where n.message_id = 'm3'$$,
  $$values ('waiting', 0, true)$$, 'makes it due with all its attempts');
select is(
  pg_temp.last_act(),
  'resend_notification {"event": "document.failed", "endpoint": "c-app", "message_id": "m3"}', 'audits who resent it');
select results_eq(
  $$select a.subject_id, a.user_id from pipeline_console.audit_entries(p_action => 'resend_notification') a$$,
  'select document_id, user_id from document, ada', 'audits whose document it is about');

select results_eq(
  $$select * from pipeline_console.resend_notifications('c-app')$$, $$values (1::bigint, 2::bigint)$$,
  'counts what an endpoint lacks');
select is(pg_temp.found(p_outcome => 'given_up'), 'm2', 'changes nothing in a dry run');
select pipeline_console.resend_notifications('c-app', p_dry_run => false);
select is(pg_temp.found('c-app', p_outcome => 'waiting'), 'm4 m3 m2', 'resends all that was not delivered');
select is(
  pg_temp.last_act(), 'resend_notifications {"waiting": 2, "endpoint": "c-app", "given_up": 1}',
  'audits how many were resent');

select pipeline_console.enable_endpoint('c-app', false);
select results_eq(
  $$select e.is_enabled, pg_temp.last_act() like 'setting_changed %"from": {"is_enabled": true}%'
    from pipeline_console.endpoints() e where e.name = 'c-app'$$, 'values (false, true)',
  'disables an endpoint, and audits who did');
select throws_ok(
  $$select pipeline_console.enable_endpoint('unknown', true)$$, 'P0002', 'Unknown endpoint: unknown.',
  'refuses an unknown endpoint');

select * from finish();
rollback;
