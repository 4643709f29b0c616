begin;
select plan(12);
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');

create temporary table ada as select tests.create_user() as user_id;
create temporary table gone as select j.* from ada, tests.complete_document(user_id, 'gone') j;
select pipeline_internal.rechunk(document_id) from gone;
select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '2', tests.two_chunks()) from gone;
select isnt_empty(
  'select from pipeline_internal.pending_vectors where document_id = (select document_id from gone)',
    'stores vectors of the pending version');
create temporary table kept as select j.* from ada, tests.complete_document(user_id, 'kept') j;
create temporary table kept_before as select tests.snapshot(job_id) as picture from kept;
create temporary table paths as
  select raw_path, original_path, parsed_path, pipeline_internal.parsed_path(user_id, document_id) as computed_path
  from upload_pipeline.documents where document_id = (select document_id from gone);

select is(pipeline_internal.delete_document(user_id, document_id), true, 'returns true for the owner') from gone;
select is_empty(
  'select from upload_pipeline.documents where document_id = (select document_id from gone)', 'deletes the document');
select is_empty('select from upload_pipeline.upload_jobs where job_id = (select job_id from gone)', 'deletes the job');
select is_empty(
  'select from upload_pipeline.document_chunks where document_id = (select document_id from gone)',
    'deletes the active chunks');
select is_empty(
  'select from pipeline_internal.pending_chunks where document_id = (select document_id from gone)',
    'deletes the pending chunks');
select is_empty(
  'select from pipeline_internal.pending_vectors where document_id = (select document_id from gone)',
    'deletes the pending vectors');
select is_empty('select from upload_pipeline.events where document_id = (select document_id from gone)',
  'deletes the events');
select set_eq(
  'select path from pipeline_internal.file_cleanups',
  'select unnest(array[raw_path, original_path, parsed_path, computed_path]) from paths',
  'queues the removal of all files');
select is(tests.calls('cleanup'), 1::bigint, 'calls the worker for the cleanup');
select is(
  tests.snapshot((select job_id from kept)), (select picture from kept_before),
  'leaves another document of the user unchanged');

select is(pipeline_internal.delete_document(user_id, document_id), false, 'returns false the second time') from gone;

select * from finish();
rollback;
