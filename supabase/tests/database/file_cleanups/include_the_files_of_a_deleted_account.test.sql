begin;
select plan(3);

create temporary table ada as select tests.create_user() as user_id;
select tests.job_at('fetch_result', user_id, seed) from ada, unnest(array['one', 'two']) seed;
create temporary table hers as
  select d.*, s.submission_id
  from upload_pipeline.documents d
  join upload_pipeline.upload_jobs j using (document_id)
  join pipeline_internal.submissions s using (job_id)
  where d.user_id = (select user_id from ada);
delete from auth.users where id = (select user_id from ada);

select is_empty('select from upload_pipeline.documents where user_id = (select user_id from ada)',
  'deletes the documents');
select set_eq(
  'select path from pipeline_internal.file_cleanups',
  $$
    select unnest(array[
      raw_path, original_path, pipeline_internal.parsed_path(user_id, document_id),
      pipeline_internal.parsed_path(user_id, document_id, submission_id)])
    from hers
  $$,
  'queues the removal of all files, including one that a worker may be storing');
select is(
  (select count(*) from pipeline_internal.parse_cancellations), 2::bigint, 'queues the cancellation of the parses');

select * from finish();
rollback;
