begin;
select plan(4);

delete from pipeline_internal.deliveries;
select results_eq(
  'select * from pipeline_internal.webhook_summary()', $$values (null::timestamptz, 0::bigint, 0::bigint)$$,
  'counts nothing without calls');

select pipeline_internal.receive_delivery('event-' || n, 'parse.success', 'p', null, 'r') from generate_series(1, 3) n;
update pipeline_internal.deliveries set received_at = now() - interval '25 hours' where event_id = 'event-1';
select pipeline_internal.refuse_delivery('bad signature', 'request-' || n, '203.0.113.0/24')
  from generate_series(1, 2) n;
insert into pipeline_internal.audit_log (action, actor, happened_at)
values ('webhook_refused', 'visitor', now() - interval '25 hours');

select results_eq(
  'select deliveries_24h, refused_24h from pipeline_internal.webhook_summary()', $$values (2::bigint, 2::bigint)$$,
  'ignores calls before the last 24 hours');
select is(
  (select last_delivery_at from pipeline_internal.webhook_summary()),
  (select max(received_at) from pipeline_internal.deliveries), 'returns the time of the last accepted call');
select results_eq(
  $$select actor, details ->> 'reason', request_id, network from pipeline_internal.audit_log
    where action = 'webhook_refused' and request_id is not null order by audit_no$$,
  $$select 'visitor', 'bad signature', 'request-' || n, cidr '203.0.113.0/24' from generate_series(1, 2) n$$,
  'records refusals with reason and network');

select * from finish();
rollback;
