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

select results_eq('select expired from pipeline_internal.reconcile()', array[1::bigint], 'one upload never came');
select results_eq(
  'select status, state, finished_at is not null, message_id from tests.job((select job_id from late))',
  $$values ('expired', 'done', true, null::bigint)$$, 'its job is over');
select is(
  (select status from upload_pipeline.events where job_id = (select job_id from late) order by event_no desc limit 1),
  'expired', 'and an event says so');
select is((tests.job((select job_id from in_grace))).status, 'awaiting_upload', 'an upload that began just before the end has ten minutes more');
select is((tests.job((select job_id from arrived))).status, 'uploaded', 'what has arrived does not expire');

select tests.store_object(document_id) from late;
select is((tests.job((select job_id from late))).status, 'expired', 'bytes that come after that start nothing');
select is(tests.message_count((select job_id from late)), 0::bigint, 'no message is sent for them');

select * from finish();
rollback;
