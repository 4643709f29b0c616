begin;
select plan(5);

create temporary table ada as select tests.create_user() as user_id;
create temporary table jobs as
  select n, (tests.job_at('parse', user_id, 'paper ' || n)).job_id from ada, generate_series(1, 3) n;

create temporary table first_worker as select * from pipeline_internal.claim('parse', 2);
create temporary table second_worker as select * from pipeline_internal.claim('parse', 2);

select set_eq(
  'select job_id from first_worker', 'select job_id from jobs where n in (1, 2)',
  'claims the two oldest messages for the first worker');
select results_eq(
  'select job_id from second_worker', 'select job_id from jobs where n = 3',
  'claims the remaining message for the second worker');
select is_empty('select * from pipeline_internal.claim(''parse'', 2)', 'claims nothing for a third worker');
select is(
  (select array_agg(distinct read_ct) from first_worker), array[1], 'reads each message once');
select results_eq(
  'select distinct attempt_count from upload_pipeline.upload_jobs join jobs using (job_id)', array[1],
  'begins one attempt per job');

select * from finish();
rollback;
