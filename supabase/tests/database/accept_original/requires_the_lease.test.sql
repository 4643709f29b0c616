begin;
select plan(6);

create temporary table job as select * from tests.job_at('parse');
create temporary table claimed as select * from pipeline_internal.claim('parse', 1);
select is(
  (select pipeline_internal.accept_original(('parse', msg_id, read_ct - 1)::pipeline_internal.lease, 'image/png')
    from claimed),
  false, 'does nothing when the worker has lost its lease');
select results_eq(
  'select mime, verified_at from upload_pipeline.documents join job using (document_id)',
  $$values ('application/pdf', null::timestamptz)$$, 'leaves verified_at unset when the worker has lost its lease');
select is(
  (select pipeline_internal.accept_original(('parse', msg_id, read_ct)::pipeline_internal.lease, 'text/markdown')
    from claimed),
  true, 'accepts the bytes when the worker holds the lease');
select results_eq(
  'select mime, verified_at is not null from upload_pipeline.documents join job using (document_id)',
  $$values ('text/markdown', true)$$, 'stores the type and sets verified_at');
select isnt_empty(
  'select from pipeline_internal.file_cleanups join upload_pipeline.documents on path = raw_path join job using '
  '(document_id)',
  'queues the removal of the file on the upload path');
select is_empty(
  'select from pipeline_internal.file_cleanups join upload_pipeline.documents on path = original_path join job using '
  '(document_id)',
  'keeps the verified original');

select * from finish();
rollback;
