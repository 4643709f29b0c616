begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;
create temporary table first as select j.* from ada, tests.register(user_id, 'paper') j;
update upload_pipeline.upload_jobs set upload_expires_at = clock_timestamp() + interval '1 minute'
where job_id = (select job_id from first);

create temporary table second as
  select r.* from ada cross join lateral pipeline_internal.register_upload(
    user_id, 'renamed.pdf', 'application/pdf', 1001, encode(extensions.digest('paper', 'sha256'), 'hex'), false,
      'second') r;
select results_eq(
  'select outcome, job_id, document_id, filename from second', $$select 'resumed', job_id, document_id, 'renamed.pdf'
    from first$$,
  'returns the same document and job');
select is(
  (select count(*) from upload_pipeline.documents join ada using (user_id)), 1::bigint, 'keeps one document');
select results_eq(
  'select d.filename, bytes_len, raw_path from upload_pipeline.documents d join first using (document_id)',
  'select filename, 1001::bigint, raw_path from second', 'stores the latest name and size');
select ok(
  (select upload_expires_at > clock_timestamp() + interval '1 hour' from tests.job((select job_id from first))),
  'extends the upload by two hours');
select is((tests.job((select job_id from first))).correlation_id, 'second', 'stores the latest request id');
select is(
  (select count(*) from upload_pipeline.events where job_id = (select job_id from first)), 1::bigint,
    'keeps the status');

select * from finish();
rollback;
