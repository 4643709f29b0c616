begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;
create temporary table gone as select j.* from ada, tests.job_at('chunk', user_id, 'same') j;
select pipeline_internal.delete_document(user_id, document_id) from gone;
create temporary table again as select j.* from ada, tests.register(user_id, 'same') j;

select is((select document_id from again), (select document_id from gone), 'the same bytes are the same document');
select isnt((select job_id from again), (select job_id from gone), 'with a new job');
select is((select status from again), 'awaiting_upload', 'which waits for the bytes');
select is_empty(
  $$select from pipeline_internal.file_cleanups r join upload_pipeline.documents d on r.path in (
      d.raw_path, pipeline_internal.parsed_path(d.user_id, d.document_id))
    where d.document_id = (select document_id from again)$$,
  'what it will upload is not removed any more');

select tests.store_object(document_id) from again;
select is((tests.job(job_id)).stage, 'parse', 'and the bytes set it going') from again;
select is(tests.message_count((select job_id from gone)), 0::bigint, 'nothing is left of the old one');

select * from finish();
rollback;
