begin;
select plan(7);

create temporary table ada as select tests.create_user() as user_id;
create temporary table landed as select j.* from ada, tests.register(user_id, 'landed') j;
create temporary table awaited as select j.* from ada, tests.register(user_id, 'awaited') j;
create temporary table probed as select j.* from ada, tests.register(user_id, 'probed') j;
create temporary table earlier_upload as select j.* from ada, tests.register(user_id, 'earlier_upload') j;
select tests.backdate(job_id, '5 minutes') from landed;
select tests.backdate(job_id, '5 minutes') from probed;

-- The trigger failed: a transition that it needs was missing at that moment.
create temporary table move as select * from pipeline_internal.transitions
  where to_status = 'uploaded' and from_status = 'awaiting_upload';
delete from pipeline_internal.transitions t using move m where t.from_status = m.from_status
  and t.to_status = m.to_status;
select tests.store_object(document_id) from landed;
select tests.store_object(document_id, null) from probed;
-- Bytes of an earlier attempt, older than the current registration.
insert into storage.objects (bucket_id, name, metadata, updated_at)
select 'files', raw_path, '{"size": 1000}', now() - interval '1 day' from upload_pipeline.documents join earlier_upload
  using (document_id);
insert into pipeline_internal.transitions select * from move;
select is((tests.job((select job_id from landed))).status, 'awaiting_upload',
  'stays in awaiting_upload without the trigger');

select results_eq('select started from pipeline_internal.reconcile()', array[1::bigint], 'starts the job');
select results_eq(
  'select status, stage from tests.job((select job_id from landed))', $$values ('uploaded', 'parse')$$,
    'sends the message');
select is((tests.job((select job_id from awaited))).status, 'awaiting_upload',
  'leaves a job without an object waiting');
select is((tests.job((select job_id from probed))).status, 'awaiting_upload',
  'leaves a job with an object without a size waiting');
select is((tests.job((select job_id from earlier_upload))).status, 'awaiting_upload',
  'leaves a job with bytes of an earlier attempt waiting');
select results_eq('select started from pipeline_internal.reconcile()', array[0::bigint], 'starts it once');

select * from finish();
rollback;
