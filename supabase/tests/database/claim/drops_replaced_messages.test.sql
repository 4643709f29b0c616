begin;
select plan(3);

create temporary table given as select * from tests.job_at('parse');
select from pipeline_internal.requeue((select job_id from given));
select is(tests.message_count((select job_id from given)), 2::bigint,
  'finds a lost message again beside its replacement');

create temporary table claimed as select * from pipeline_internal.claim('parse', 10);
select results_eq(
  'select msg_id from claimed', 'select j.message_id from given cross join lateral tests.job(given.job_id) j',
  'claims only the replacement');
select is(tests.message_count((select job_id from given)), 1::bigint, 'deletes the other message');

select * from finish();
rollback;
