begin;
select plan(3);

create temporary table given as select * from tests.job_at('parse');
select from pipeline_internal.requeue((select job_id from given));
select is(tests.message_count((select job_id from given)), 2::bigint, 'a lost message turned up again beside its successor');

create temporary table claimed as select * from pipeline_internal.claim('parse', 10);
select results_eq(
  'select msg_id from claimed', 'select j.message_id from given cross join lateral tests.job(given.job_id) j',
  'only the successor is handed out');
select is(tests.message_count((select job_id from given)), 1::bigint, 'the other is gone');

select * from finish();
rollback;
