begin;
select plan(2);

create temporary table ada as select tests.create_user() as user_id;
update pipeline_internal.limits set monthly_budget_cents_per_user = 1000000;
create temporary table first as select j.* from ada, tests.job_at('parse', user_id, 'first') j;
select is(count(*), 1::bigint, 'reserves the cost of an active document')
from pipeline_internal.reservations join first using (job_id);

select tests.reject(tests.claim('parse', job_id), 'TEST', 'test') from first;
create temporary table second as select j.* from ada, tests.job_at('parse', user_id, 'second') j;
select results_eq(
  'select job_id from pipeline_internal.reservations join ada using (user_id)',
  'select job_id from second', 'removes the reservation when the next document comes');

select * from finish();
rollback;
