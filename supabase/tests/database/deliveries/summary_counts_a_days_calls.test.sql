begin;
select plan(4);

delete from pipeline_internal.deliveries;
delete from pipeline_internal.refusals;
select results_eq(
  'select * from pipeline_internal.webhook_summary()', $$values (null::timestamptz, 0::bigint, 0::bigint)$$,
  'nobody called');

select pipeline_internal.receive_delivery('event-' || n, 'parse.success', 'p', null, 'r') from generate_series(1, 3) n;
update pipeline_internal.deliveries set received_at = now() - interval '25 hours' where event_id = 'event-1';
select pipeline_internal.refuse_delivery('bad signature', 'request-' || n) from generate_series(1, 3) n;
update pipeline_internal.refusals set refused_at = now() - interval '25 hours' where request_id = 'request-1';

select results_eq(
  'select deliveries_24h, refused_24h from pipeline_internal.webhook_summary()', $$values (2::bigint, 2::bigint)$$,
  'yesterday''s calls do not count');
select is(
  (select last_delivery_at from pipeline_internal.webhook_summary()),
  (select max(received_at) from pipeline_internal.deliveries), 'the last accepted one is named');
select results_eq(
  'select reason, request_id from pipeline_internal.refusals order by refusal_no',
  $$select 'bad signature', 'request-' || n from generate_series(1, 3) n$$, 'refusals keep their reason');

select * from finish();
rollback;
