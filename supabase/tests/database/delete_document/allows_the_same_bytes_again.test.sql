begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;
create temporary table gone as select j.* from ada, tests.job_at('chunk', user_id, 'same') j;
select pipeline_internal.delete_document(user_id, document_id) from gone;
create temporary table again as select j.* from ada, tests.register(user_id, 'same') j;

select is((select document_id from again), (select document_id from gone), 'registers the same document id');
select isnt((select job_id from again), (select job_id from gone), 'creates a new job');
select is((select status from again), 'awaiting_upload', 'awaits the upload');
select is_empty(
  $$select from pipeline_internal.file_cleanups r join upload_pipeline.documents d on r.path in (
      d.raw_path, pipeline_internal.parsed_path(d.user_id, d.document_id))
    where d.document_id = (select document_id from again)$$,
  'cancels the queued removals');

select tests.store_object(document_id) from again;
select is((tests.job(job_id)).stage, 'parse', 'starts processing when the bytes arrive') from again;
select is(tests.message_count((select job_id from gone)), 0::bigint, 'leaves nothing of the deleted document');

select * from finish();
rollback;
