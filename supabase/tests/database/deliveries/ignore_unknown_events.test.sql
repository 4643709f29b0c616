begin;
select plan(7);

create temporary table given as select * from tests.job_at('fetch_result');
create temporary table before as select tests.snapshot(job_id) as picture from given;

select is(
  pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-unknown', null, 'r'), 'unknown_job',
  'accepts a parse that is unknown');
select is(
  pipeline_internal.receive_delivery('event-2', 'parse.success', null, '00000000-0000-4000-8000-000000000000', 'r'),
    'unknown_job',
  'accepts a job that does not exist');
select is(
  (select count(*) from pipeline_internal.deliveries where event_id in ('event-1', 'event-2')), 2::bigint,
  'records both, because they may precede their submission');
select is(
  pipeline_internal.receive_delivery('event-3', 'extract.success', 'provider-' || job_id, job_id, 'r'), 'ignored',
  'ignores an event that is not about parsing') from given;
select is_empty(
  $$select * from pipeline_internal.deliveries where event_id = 'event-3'$$, 'does not record it');
select is(tests.snapshot((select job_id from given)), (select picture from before), 'leaves a waiting job unchanged');

create temporary table done as select j.* from tests.create_user() u, tests.complete_document(u, 'done') j;
create temporary table done_before as select tests.snapshot(job_id) as picture from done;
select pipeline_internal.receive_delivery('event-4', 'parse.success', 'provider-' || job_id, null, 'r') from done;
select is(
  tests.snapshot((select job_id from done)), (select picture from done_before),
    'leaves a job with a fetched result unchanged');

select * from finish();
rollback;
