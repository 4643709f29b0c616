begin;
select plan(6);

create temporary table job as select * from tests.job_at('parse');
create temporary table claimed as select * from pipeline_internal.claim('parse', 1);
select is(
  (select pipeline_internal.accept_original(('parse', msg_id, read_ct - 1)::pipeline_internal.lease, 'image/png') from claimed),
  false, 'a worker that has lost the document');
select results_eq(
  'select mime, verified_at from upload_pipeline.documents join job using (document_id)',
  $$values ('application/pdf', null::timestamptz)$$, 'says nothing of its bytes');
select is(
  (select pipeline_internal.accept_original(('parse', msg_id, read_ct)::pipeline_internal.lease, 'text/markdown') from claimed),
  true, 'the one that has it');
select results_eq(
  'select mime, verified_at is not null from upload_pipeline.documents join job using (document_id)',
  $$values ('text/markdown', true)$$, 'says what they are, and that they are given out from now on');
select isnt_empty(
  'select from pipeline_internal.file_cleanups join upload_pipeline.documents on path = raw_path join job using (document_id)',
  'what lies where uploads land is removed');
select is_empty(
  'select from pipeline_internal.file_cleanups join upload_pipeline.documents on path = original_path join job using (document_id)',
  'and what was verified is not');

select * from finish();
rollback;
