begin;
select plan(3);

create temporary table adas as select * from tests.job_at('embed');
create temporary table before as select tests.snapshot(job_id) as picture from adas;

select is(
  pipeline_internal.delete_document(tests.create_user('ben'), (select document_id from adas)), false,
  'another''s document is not there for Ben');
select is(tests.snapshot((select job_id from adas)), (select picture from before), 'and stays as it is');
select is_empty('select from pipeline_internal.file_cleanups', 'with its files');

select * from finish();
rollback;
