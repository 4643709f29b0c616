begin;
select plan(2);

create temporary table given as select * from tests.job_at('parse');
select throws_ok(
  $$update upload_pipeline.events set status = 'complete' where job_id = (select job_id from given)$$,
  '42501', 'events is append-only', 'refuses an update of an event');
select is(
  (select count(*) from upload_pipeline.events where job_id = (select job_id from given) and status = 'complete'),
  0::bigint, 'leaves the event unchanged');

select * from finish();
rollback;
