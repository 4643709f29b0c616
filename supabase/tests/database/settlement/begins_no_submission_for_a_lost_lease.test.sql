begin;
select plan(3);

create temporary table given as select * from tests.job_at('parse');
create temporary table late as select tests.claim('parse', job_id) as lease from given;
create temporary table valid as select tests.reclaim('parse', job_id) as lease from given;

select is_empty(
  'select * from pipeline_internal.begin_submission((select lease from late))',
  'returns no submission for a lost lease');
select is_empty(
  'select * from pipeline_internal.submissions where job_id = (select job_id from given)',
  'records no submission');
select results_eq(
  'select is_new from pipeline_internal.begin_submission((select lease from valid))', array[true],
  'records a submission for the current lease');

select * from finish();
rollback;
