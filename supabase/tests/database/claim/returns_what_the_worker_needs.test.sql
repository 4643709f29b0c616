begin;
select plan(2);

create temporary table given as select * from tests.job_at('chunk');
create temporary table claimed as select * from pipeline_internal.claim('chunk', 1);

select results_eq(
  'select job_id, document_id, user_id, mime, bytes_len, file_sha256, raw_path, parsed_path, page_starts, ocr, '
  'correlation_id from claimed',
  $$
    select job_id, d.document_id, d.user_id, 'application/pdf', 1000::bigint, file_sha256, raw_path,
           'user/x/parsed/y.md', array[0, 100], false, 'req-one'
    from upload_pipeline.documents d join given using (document_id)
  $$,
  'returns the job and its document with the lease');
select results_eq(
  'select attempt, lease_seconds from claimed',
  'select 1, lease_seconds from pipeline_internal.stages where stage = ''chunk''',
  'returns the attempt and the length of the lease');

select * from finish();
rollback;
