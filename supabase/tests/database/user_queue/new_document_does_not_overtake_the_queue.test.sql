begin;
select plan(3);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select n, tests.upload(user_id, n::text) as job_id from ada, generate_series(1, 3) n
  order by n;
update pipeline_internal.limits set active_documents_per_user = 2;
create temporary table newcomer as select tests.upload(user_id, 'newcomer') as job_id from ada;

select is(
  (select queue_position from newcomer join upload_pipeline.document_status using (job_id)), 3,
  'queues a new document although a slot is free');
select pipeline_internal.sweep();
select is((select queue_position from newcomer join upload_pipeline.document_status using (job_id)), 2, 'moves it up');
select is(tests.message_count((select job_id from given where n = 2)), 1::bigint, 'admits the oldest');

select * from finish();
rollback;
