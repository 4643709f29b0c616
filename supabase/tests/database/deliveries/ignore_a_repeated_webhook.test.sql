begin;
select plan(5);

create temporary table given as select * from tests.job_at('fetch_result');
select pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-' || job_id, null, 'first') from given;
create temporary table lease as select tests.claim('fetch_result', job_id) as lease from given;
select tests.retry(lease, 'DOWN', 'the result could not be fetched') from lease;
create temporary table before as select tests.snapshot(job_id) as picture from given;

select is(
  pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-' || job_id, null, 'second'), 'duplicate',
  'accepts the same event again') from given;
select is(tests.snapshot((select job_id from given)), (select picture from before),
  'does not shorten the backoff for a repeated event');
select results_eq(
  'select request_id from pipeline_internal.deliveries where event_id = ''event-1''', array['first'],
    'records the event once');

select tests.reclaim('fetch_result', job_id) from given;
select is(
  pipeline_internal.receive_delivery('event-2', 'parse.success', 'provider-' || job_id, null, 'third'), 'accepted',
  'accepts another event') from given;
select is(
  (select count(*) from pipeline_internal.deliveries where event_id in ('event-1', 'event-2')), 2::bigint,
    'records the other event');

select * from finish();
rollback;
