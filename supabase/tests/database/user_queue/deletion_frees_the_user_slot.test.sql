begin;
select plan(4);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as
  select n, j.job_id, j.document_id from ada, generate_series(1, 3) n, tests.upload(user_id, n::text) u, tests.job(u) j
    order by n;

delete from upload_pipeline.documents where document_id = (select document_id from given where n = 2);
select is(
  (select queue_position from upload_pipeline.document_status join given using (job_id) where n = 3), 1,
  'moves the next document up when a queued one is deleted');
delete from upload_pipeline.documents where document_id = (select document_id from given where n = 1);
select pipeline_internal.sweep();
select is(
  tests.message_count((select job_id from given where n = 3)), 1::bigint,
    'admits the next document when an active one is deleted');
select results_eq(
  $$select job_id from pipeline_internal.claim('parse', 10)$$, 'select job_id from given where n = 3',
    'claims the admitted document');
select is(
  (select count(*) from pgmq.q_parse where (message ->> 'job_id')::uuid in (select job_id from given)), 1::bigint,
  'drops the message of the deleted document');

select * from finish();
rollback;
