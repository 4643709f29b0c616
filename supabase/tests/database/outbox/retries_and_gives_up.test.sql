begin;
select plan(13);

select pipeline_internal.add_endpoint('retry-app', 'https://app.example.com/hook', array['alert.opened']);
select pipeline_internal.add_endpoint('retry-gone', 'https://gone.example.com/hook', array['alert.closed']);
select pipeline_internal.notify('alert.opened', '{"n": 1}', 'one');
create function pg_temp.row() returns pipeline_internal.outbox language sql as $$
  select o from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
    where e.name = 'retry-app'
$$;
create temporary table first as select * from pipeline_internal.begin_notifications(10) where endpoint = 'retry-app';
select is((select attempt_count from first), 1, 'begins the first attempt');
select is(
  (select secret from first),
  (select decrypted_secret from vault.decrypted_secrets v join pipeline_internal.endpoints e
   on v.name = 'pipeline_endpoint_' || e.endpoint_id where e.name = 'retry-app'), 'returns the endpoint''s secret');
select is_empty('select from pipeline_internal.begin_notifications(10) where endpoint = ''retry-app''',
  'leases the notification to one worker');

update pipeline_internal.outbox set due_at = clock_timestamp() where delivery_no = (select delivery_no from first);
create temporary table second as select * from pipeline_internal.begin_notifications(10) where endpoint = 'retry-app';
select is(
  (select array[attempt_count::text, message_id, body] from second), (select array['2', message_id, body] from first),
  'returns the same id and body after an attempt without an end');
select pipeline_internal.end_notification(delivery_no, 1, 200, null) from first;
select is((pg_temp.row()).delivered_at, null, 'ignores the end of an earlier attempt');
select pipeline_internal.end_notification(delivery_no, 2, 500, 'it answered 500') from second;
select is((pg_temp.row()).last_error, 'it answered 500', 'stores the last error');
select cmp_ok((pg_temp.row()).due_at - now(), '>', interval '11 seconds', 'triples the second backoff');

update pipeline_internal.outbox set due_at = clock_timestamp(), attempt_count = 11
  where delivery_no = (select delivery_no from first);
create temporary table last as select * from pipeline_internal.begin_notifications(10) where endpoint = 'retry-app';
select pipeline_internal.end_notification(delivery_no, 12, null, 'it could not be reached') from last;
select isnt((pg_temp.row()).given_up_at, null, 'gives up after the twelfth attempt');
select is(pipeline_internal.resend('retry-app'), 1::bigint, 'sends it again after resend');
create temporary table again as select * from pipeline_internal.begin_notifications(10) where endpoint = 'retry-app';
select pipeline_internal.end_notification(delivery_no, attempt_count, 204, null) from again;
select isnt((pg_temp.row()).delivered_at, null, 'is delivered');

select pipeline_internal.notify('alert.closed', '{"n": 1}', 'one');
create temporary table gone as select * from pipeline_internal.begin_notifications(10) where endpoint = 'retry-gone';
select pipeline_internal.end_notification(delivery_no, attempt_count, 410, 'it answered 410') from gone;
select is((select is_enabled from pipeline_internal.endpoints where name = 'retry-gone'), false,
  'disables an endpoint that answers 410');

select is(pipeline_internal.remove_endpoint('retry-app'), true, 'removes an endpoint');
select is_empty(
  $$select from vault.secrets
    where name in (select 'pipeline_endpoint_' || endpoint_id from first f join pipeline_internal.outbox
      using (delivery_no))
    union all select from pipeline_internal.outbox where delivery_no = (select delivery_no from first)$$,
  'removes its notifications and secret');

select * from finish();
rollback;
