begin;
select plan(4);

create temporary table job as select * from tests.job_at('parse');
create temporary table claimed as select * from pipeline_internal.claim('parse', 1);
select is(
  (select pipeline_internal.correct_type(('parse', msg_id, read_ct)::pipeline_internal.lease, 'text/markdown') from claimed),
  true, 'the worker that has the document');
select is(
  (select mime from upload_pipeline.documents join job using (document_id)), 'text/markdown', 'says what its bytes are');
select is(
  (select pipeline_internal.correct_type(('parse', msg_id, read_ct - 1)::pipeline_internal.lease, 'image/png') from claimed),
  false, 'one that has lost it');
select is(
  (select mime from upload_pipeline.documents join job using (document_id)), 'text/markdown', 'does not');

select * from finish();
rollback;
