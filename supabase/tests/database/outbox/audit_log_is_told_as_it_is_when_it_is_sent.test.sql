begin;
select plan(7);

create temporary table ada as select tests.create_user() as user_id;
select pipeline_internal.add_endpoint('siem', 'https://siem.example.com', array['audit.recorded']);
select throws_ok(
  $$select pipeline_internal.add_endpoint('chat', 'https://chat.example.com', array['audit.recorded'], 'slack')$$, '23514', null,
  'no chat is told who did what');
select pipeline_internal.record_audit_entry('export', user_id, user_id, 'req-1', '203.0.113.0/24') from ada;
select is_empty(
  $$select from pipeline_internal.outbox o, ada where o::text like '%' || ada.user_id || '%'$$, 'what waits names nobody');

create temporary table told as select * from pipeline_internal.begin_notifications(100);
select results_eq(
  $$select body::jsonb ->> 'type', body::jsonb -> 'data' from told where body::jsonb -> 'data' ->> 'action' = 'export'$$,
  $$select 'audit.recorded', to_jsonb(a) from pipeline_internal.audit_log a where request_id = 'req-1'$$, 'it is the row');
select is(
  (select (body::jsonb -> 'data' ->> 'user_id')::uuid from told where body::jsonb -> 'data' ->> 'action' = 'export'),
  (select user_id from ada), 'with who it was');
select isnt_empty(
  $$select from told where body::jsonb #>> '{data,details,setting}' = 'endpoints'$$, 'that this endpoint was added is told, too');

delete from auth.users where id = (select user_id from ada);
update pipeline_internal.outbox set due_at = clock_timestamp();
create temporary table again as select * from pipeline_internal.begin_notifications(100);
select is(
  (select body::jsonb #> '{data,user_id}' from again where body::jsonb #>> '{data,request_id}' = 'req-1'), 'null'::jsonb,
  'once the account is gone it says that something was done, not by whom');
select pipeline_internal.end_notification(delivery_no, attempt_count, 204, null) from again;
select is((select count(*) from pipeline_internal.outbox where num_nonnulls(body, audit_no) > 0), 0::bigint, 'what was delivered is not kept twice');

select * from finish();
rollback;
