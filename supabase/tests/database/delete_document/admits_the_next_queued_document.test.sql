begin;
select plan(5);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table first as select j.* from ada, tests.job_at('parse', user_id, 'first') j;
create temporary table second as select tests.upload(user_id, 'second') as job_id from ada;
create temporary table third as select tests.upload(user_id, 'third') as job_id from ada;
select isnt((tests.job(job_id)).user_queued_at, null, 'queues the second document') from second;

select pipeline_internal.delete_document(user_id, document_id) from first;
select is((tests.job(job_id)).stage, 'parse', 'admits the second document when the first is deleted') from second;
select isnt((tests.job(job_id)).user_queued_at, null, 'keeps the third document queued') from third;

select is(
  pipeline_internal.delete_document((tests.job(job_id)).user_id, (tests.job(job_id)).document_id), true,
  'deletes a queued document') from third;
select is((tests.job(job_id)).stage, 'parse', 'keeps the second document active') from second;

select * from finish();
rollback;
