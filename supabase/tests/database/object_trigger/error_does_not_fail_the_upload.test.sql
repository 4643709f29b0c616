begin;
select plan(5);

create temporary table given as select j.* from tests.create_user() u, tests.register(u, 'given') j;
create temporary table before as select tests.snapshot(job_id) as picture from given;

-- An error of the pipeline: here, the required transition is missing.
create temporary table broken as select * from pipeline_internal.transitions
  where to_status = 'uploaded' and from_status = 'awaiting_upload';
delete from pipeline_internal.transitions t using broken b where t.from_status = b.from_status
  and t.to_status = b.to_status;

select lives_ok('select tests.store_object((select document_id from given))', 'stores the object');
select is(
  (select count(*) from storage.objects where name = (select raw_path from upload_pipeline.documents join given
    using (document_id))),
  1::bigint, 'keeps the object');
select is(tests.snapshot((select job_id from given)), (select picture from before), 'leaves no partial effects');

insert into pipeline_internal.transitions select * from broken;
select tests.backdate(job_id, '1 minute') from given;
select results_eq('select started from pipeline_internal.reconcile()', array[1::bigint],
  'finds the object in a reconcile after the repair');
select is((tests.job((select job_id from given))).status, 'uploaded', 'starts processing');

select * from finish();
rollback;
