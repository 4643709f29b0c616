begin;
select plan(3);

create temporary table given as select * from tests.job_at('fetch_result');
select is(
  tests.reject(tests.reclaim('fetch_result', (select job_id from given)), 'TOO_MANY_PAGES', 'over 200 pages'), true,
  'settles a rejection by the parser');
select results_eq(
  'select status, state, last_error ->> ''code'' from tests.job((select job_id from given))',
  $$values ('failed_parse', 'deadletter', 'TOO_MANY_PAGES')$$, 'puts the job into the dead letter');
select results_eq(
  'select outcome, finished_at is not null from pipeline_internal.submissions where job_id = (select job_id from '
  'given)',
  $$values ('TOO_MANY_PAGES', true)$$, 'closes the submission with the error code');

select * from finish();
rollback;
