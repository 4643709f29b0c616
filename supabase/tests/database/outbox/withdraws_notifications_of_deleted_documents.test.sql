-- A pending notification is withdrawn with its document, and every endpoint that may have received one is notified of
-- the deletion.
begin;
select plan(8);

select pipeline_internal.add_endpoint('app', 'https://app.example.com/hook',
  array['document.completed', 'document.deleted']);
select pipeline_internal.add_endpoint('chat', 'https://chat.example.com/hook',
  array['document.completed', 'document.deleted'], 'slack');
create temporary table ada as select tests.create_user() as user_id;
create temporary table gone as select j.* from ada, tests.complete_document(user_id, 'gone') j;
create temporary table kept as select j.* from ada, tests.complete_document(user_id, 'kept') j;
create function pg_temp.waiting() returns setof text language sql as $$
  select concat_ws(' ', e.name, o.type, coalesce(o.body::jsonb ->> 'text', o.body::jsonb ->> 'data'))
  from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id) where o.delivered_at is null
$$;
select is((select count(*) from pg_temp.waiting()), 4::bigint, 'has two documents and two endpoints');

-- One is being sent, and one waits for its retry.
create temporary table leased as select * from pipeline_internal.begin_notifications(100);
select pipeline_internal.delete_document(user_id, document_id) from gone;
select set_eq(
  'select pg_temp.waiting()',
  $$
    select format('app document.deleted %s', jsonb_build_object('user_id', user_id, 'document_id', document_id))
      from gone
    union all select format('chat document.deleted Document %s was deleted.', document_id) from gone
    union all
    select concat_ws(' ', e.name, o.type, coalesce(o.body::jsonb ->> 'text', o.body::jsonb ->> 'data'))
    from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id), kept
    where o.body like '%' || kept.document_id || '%'
  $$, 'withdraws pending notifications and notifies of the deletion');
select is(
  (select count(*) from pipeline_internal.outbox, kept where body like '%' || kept.document_id || '%'), 2::bigint,
  'keeps the notifications of the other document');
select pipeline_internal.end_notification(delivery_no, attempt_count, 500, 'it answered 500') from leased;
select is_empty(
  $$select from pipeline_internal.outbox o, gone where o.type = 'document.completed' and o::text like '%'
    || gone.document_id || '%'$$,
  'does not send again what was being sent');

update pipeline_internal.outbox set due_at = clock_timestamp();
create temporary table second_batch as select * from pipeline_internal.begin_notifications(100);
select pipeline_internal.end_notification(delivery_no, attempt_count, 204, null) from second_batch;
select is(
  (select array_agg(distinct o.body) from pipeline_internal.outbox o), array[null::text],
    'keeps no body of a delivered notification');
select is_empty(
  $$select from pipeline_internal.outbox o, gone where o::text like '%' || gone.document_id || '%'$$,
    'keeps no document of a delivered deletion');
select is(pipeline_internal.resend('app'), 0::bigint, 'cannot resend it');
select pipeline_internal.delete_document(user_id, document_id) from kept;
select set_eq(
  $$select type from pipeline_internal.outbox o, kept where o::text like '%' || kept.document_id || '%'$$,
    array['document.deleted'],
  'deletes delivered notifications of a deleted document');

select * from finish();
rollback;
