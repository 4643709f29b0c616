begin;
select plan(2);

create temporary table given as select * from tests.job_at('parse');
select throws_ok(
  $$update upload_pipeline.events set status = 'complete' where job_id = (select job_id from given)$$,
  '42501', 'events is append-only', 'not even the pipeline rewrites what happened');
select is(
  (select count(*) from upload_pipeline.events where job_id = (select job_id from given) and status = 'complete'),
  0::bigint, 'what happened is as it was');

select * from finish();
rollback;
