begin;
select plan(7);

create temporary table ada as select tests.create_user() as user_id;
select pipeline_internal.add_endpoint('siem', 'https://siem.example.com', array['audit.recorded']);
select throws_ok(
  $$select pipeline_internal.add_endpoint('chat', 'https://chat.example.com', array['audit.recorded'], 'slack')$$,
    '23514', null,
  'refuses the audit log for a chat');
select pipeline_internal.record_audit_entry('export', user_id, user_id, 'req-1', '203.0.113.0/24') from ada;
select is_empty(
  $$select from pipeline_internal.outbox o, ada where o::text like '%' || ada.user_id || '%'$$,
    'stores no user in a pending notification');

create temporary table sent as select * from pipeline_internal.begin_notifications(100);
select results_eq(
  $$select body::jsonb ->> 'type', body::jsonb -> 'data' from sent
    where body::jsonb -> 'data' ->> 'action' = 'export'$$,
  $$select 'audit.recorded', to_jsonb(a) from pipeline_internal.audit_log a
    where request_id = 'req-1'$$, 'sends the entry');
select is(
  (select (body::jsonb -> 'data' ->> 'user_id')::uuid from sent where body::jsonb -> 'data' ->> 'action' = 'export'),
  (select user_id from ada), 'sends the entry with its user');
select isnt_empty(
  $$select from sent where body::jsonb #>> '{data,details,setting}' = 'endpoints'$$,
    'sends the entry of the new endpoint');

delete from auth.users where id = (select user_id from ada);
update pipeline_internal.outbox set due_at = clock_timestamp();
create temporary table again as select * from pipeline_internal.begin_notifications(100);
select is(
  (select body::jsonb #> '{data,user_id}' from again where body::jsonb #>> '{data,request_id}' = 'req-1'),
    'null'::jsonb,
  'sends the entry without its user after the account was deleted');
select pipeline_internal.end_notification(delivery_no, attempt_count, 204, null) from again;
select is((select count(*) from pipeline_internal.outbox where num_nonnulls(body, audit_no) > 0), 0::bigint,
  'keeps no copy of a delivered entry');

select * from finish();
rollback;
