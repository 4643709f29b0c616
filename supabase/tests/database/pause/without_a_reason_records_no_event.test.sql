-- A worker that is about to end gives back what it cannot finish.
begin;
select plan(3);

create temporary table given as select * from tests.job_at('embed');
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
create temporary table before as select count(*) from upload_pipeline.events join given using (job_id);

select is(tests.pause((select lease from lease), 0), true, 'settles the pause');
select is(
  (select count(*) from upload_pipeline.events join given using (job_id)), (select count from before),
  'records no event');
select results_eq(
  'select job_id from pipeline_internal.claim(''embed'', 1)', 'select job_id from given',
  'lets the next worker claim it at once');

select * from finish();
rollback;
