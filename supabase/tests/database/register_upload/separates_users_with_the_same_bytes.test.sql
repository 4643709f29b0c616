begin;
select plan(4);

create temporary table ada as select j.* from tests.create_user() u, tests.complete_document(u, 'shared') j;
create temporary table before as select tests.snapshot(job_id) as picture from ada;
create temporary table bob as
  select u as user_id, r.outcome, r.job_id, r.document_id, r.raw_path from tests.create_user('bob') u
  cross join lateral pipeline_internal.register_upload(
    u, 'shared.pdf', 'application/pdf', 1000, encode(extensions.digest('shared', 'sha256'), 'hex'), false, 'r') r;

select is((select outcome from bob), 'created', 'creates a document and requires the upload');
select isnt((select document_id from bob), (select document_id from ada), 'creates another document id');
select is(
  (select raw_path from bob), (select format('user/%s/raw/%s.pdf', user_id, document_id) from bob),
    'uses the user''s own folder');
select is(tests.snapshot((select job_id from ada)), (select picture from before),
  'leaves the first document unchanged');

select * from finish();
rollback;
