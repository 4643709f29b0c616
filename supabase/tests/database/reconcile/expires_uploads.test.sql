begin;
select plan(7);

create temporary table ada as select tests.create_user() as user_id;
create temporary table late as select j.* from ada, tests.register(user_id, 'late') j;
create temporary table in_grace as select j.* from ada, tests.register(user_id, 'in grace') j;
create temporary table arrived as select j.* from ada, tests.job_at('parse', user_id, 'arrived') j;
update upload_pipeline.upload_jobs set upload_expires_at = clock_timestamp() - interval '11 minutes'
where job_id in (select job_id from late union all select job_id from arrived);
update upload_pipeline.upload_jobs set upload_expires_at = clock_timestamp() - interval '9 minutes'
where job_id in (select job_id from in_grace);

select results_eq('select expired from pipeline_internal.reconcile()', array[1::bigint], 'expires one upload');
select results_eq(
  'select status, state, finished_at is not null, message_id from tests.job((select job_id from late))',
  $$values ('expired', 'done', true, null::bigint)$$, 'finishes the job');
select is(
  (select status from upload_pipeline.events where job_id = (select job_id from late) order by event_no desc limit 1),
  'expired', 'records an event');
select is((tests.job((select job_id from in_grace))).status, 'awaiting_upload',
  'waits ten minutes for an upload that began in time');
select is((tests.job((select job_id from arrived))).status, 'uploaded', 'expires no upload that has arrived');

select tests.store_object(document_id) from late;
select is((tests.job((select job_id from late))).status, 'expired', 'ignores bytes that come later');
select is(tests.message_count((select job_id from late)), 0::bigint, 'sends no message for them');

select * from finish();
rollback;
