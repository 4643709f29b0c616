begin;
select plan(7);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('parse', user_id, 'bad') j;
create temporary table other as select j.* from ada, tests.job_at('parse', user_id, 'good') j;
create temporary table lease as select tests.claim('parse', job_id) as lease from given;
create temporary table other_before as select tests.snapshot(job_id) as picture from other;

select is(
  tests.reject((select lease from lease), 'PDF_IS_PROTECTED', 'the PDF is encrypted'), true,
  'settles a rejection at the first attempt');
create temporary table after as select j.* from given cross join lateral tests.job(given.job_id) j;
select results_eq(
  'select status, state, stage, message_id, retry_count from after',
  $$values ('failed_parse', 'deadletter', null::text, null::bigint, 1)$$, 'puts the job into the dead letter');
select is(
  (select last_error - 'reference' from after),
  '{"code": "PDF_IS_PROTECTED", "message": "the PDF is encrypted", "stage": "parse"}'::jsonb, 'stores the error');
select results_eq(
  $$
    select type, status, stage, code, message, attempt, correlation_id from upload_pipeline.events
    where event_id = (select (last_error ->> 'reference')::uuid from after)
  $$,
  $$values ('failure', 'failed_parse', 'parse', 'PDF_IS_PROTECTED', 'the PDF is encrypted', 1, 'req-bad')$$,
  'references the failure event');
select is(tests.message_count((select job_id from given)), 0::bigint, 'deletes the message');
select is(
  (select last_error from upload_pipeline.document_status where job_id = (select job_id from given)),
    (select last_error from after),
  'shows the error to the owner');
select is(
  tests.snapshot((select job_id from other)), (select picture from other_before), 'leaves another document unchanged');

select * from finish();
rollback;
