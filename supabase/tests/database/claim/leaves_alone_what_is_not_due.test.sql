begin;
select plan(3);

create temporary table given as select * from tests.job_at('fetch_result');
create temporary table before as select tests.snapshot(job_id) as picture from given;

select is_empty('select * from pipeline_internal.claim(''fetch_result'', 10)', 'a job that waits for its parser is not handed out');
select is(tests.snapshot((select job_id from given)), (select picture from before), 'and is not touched');

select tests.make_due(job_id) from given;
select results_eq(
  'select job_id from pipeline_internal.claim(''fetch_result'', 10)', 'select job_id from given',
  'once due, it is');

select * from finish();
rollback;
