begin;
select plan(6);

create temporary table given as select * from tests.job_at('embed');
select is((select status from given), 'embedding_queued', 'is queued before the claim');
create temporary table before as select clock_timestamp() as at;
create temporary table first as select tests.claim('embed', (select job_id from given)) as lease;

select results_eq(
  'select j.status, j.state, j.attempt_count, j.claimed_at > before.at from before, given cross join lateral '
  'tests.job(given.job_id) j',
  $$values ('embedding_in_progress', 'working', 1, true)$$,
  'is working after the claim');
select results_eq(
  'select type, status, stage from upload_pipeline.events where job_id = (select job_id from given) order by event_no '
  'desc limit 1',
  $$values ('status', 'embedding_in_progress', 'embed')$$,
  'records an event');
select ok(
  tests.due_at((select job_id from given)) > (select at from before) + interval '59 seconds'
  and tests.due_at((select job_id from given)) <= clock_timestamp() + interval '60 seconds',
  'hides the message for the length of the lease');

select tests.retry(lease, 'HICCUP', 'a hiccup') from first;
create temporary table events_before as
  select count(*) from upload_pipeline.events join given using (job_id);
select from tests.reclaim('embed', (select job_id from given));
select is(
  (tests.job((select job_id from given))).attempt_count, 2, 'begins a second attempt at the next read');
select is(
  (select count(*) from upload_pipeline.events join given using (job_id)), (select count from events_before),
  'records no event for an unchanged status');

select * from finish();
rollback;
