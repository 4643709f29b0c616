begin;
select plan(3);

create temporary table adas as select * from tests.job_at('embed');
create temporary table before as select tests.snapshot(job_id) as picture from adas;

select is(
  pipeline_internal.delete_document(tests.create_user('ben'), (select document_id from adas)), false,
  'returns false for another user''s document');
select is(tests.snapshot((select job_id from adas)), (select picture from before), 'leaves the document unchanged');
select is_empty('select from pipeline_internal.file_cleanups', 'leaves its files unchanged');

select * from finish();
rollback;
