begin;
select plan(4);

create temporary table ada as select tests.create_user() as user_id;
create temporary table gone as select j.* from ada, tests.job_at('parse', user_id, 'gone') j;
create temporary table kept as select j.* from ada, tests.job_at('parse', user_id, 'kept') j;
delete from upload_pipeline.documents where document_id = (select document_id from gone);

select is(tests.message_count((select job_id from gone)), 1::bigint, 'finds the message of a deleted document');
select results_eq(
  'select job_id from pipeline_internal.claim(''parse'', 10)', 'select job_id from kept',
  'claims only the existing document');
select is(tests.message_count((select job_id from gone)), 0::bigint, 'deletes the other message');
select is(tests.message_count((select job_id from kept)), 1::bigint, 'keeps the message of the existing document');

select * from finish();
rollback;
