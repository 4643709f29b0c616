begin;
select plan(3);

create temporary table given as select * from tests.job_at('fetch_result');
create temporary table before as select tests.snapshot(job_id) as picture from given;

select is_empty('select * from pipeline_internal.claim(''fetch_result'', 10)', 'claims no job that waits for a poll');
select is(tests.snapshot((select job_id from given)), (select picture from before), 'leaves it unchanged');

select tests.make_due(job_id) from given;
select results_eq(
  'select job_id from pipeline_internal.claim(''fetch_result'', 10)', 'select job_id from given',
  'claims it when it is due');

select * from finish();
rollback;
