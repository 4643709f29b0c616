begin;
select plan(5);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given (name text, job_id uuid);
insert into given select 'awaited', (tests.register(user_id, 'awaited')).job_id from ada;
insert into given select 'complete', (tests.complete_document(user_id, 'complete')).job_id from ada;
insert into given select 'failed', job_id from ada, tests.job_at('parse', user_id, 'failed');
select tests.reject(tests.claim('parse', job_id), 'BAD', 'bad') from given where name = 'failed';
insert into given select 'expired', (tests.register(user_id, 'expired')).job_id from ada;
update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 day'
  where job_id = (select job_id from given where name = 'expired');
select from pipeline_internal.reconcile();

select results_eq(
  'select name, status from given join upload_pipeline.upload_jobs using (job_id) order by name',
  $$values ('awaited', 'awaiting_upload'), ('complete', 'complete'), ('expired', 'expired'),
    ('failed', 'failed_parse')$$,
  'has documents in every inactive state');
create temporary table newcomer as select tests.upload(user_id, 'newcomer') as job_id from ada;
select is(tests.message_count(job_id), 1::bigint, 'admits another document to the only slot') from newcomer;

-- An active document takes a slot at every stage, whatever it waits for.
create temporary table second as select tests.upload(user_id, 'second') as job_id from ada;
select is(tests.message_count(job_id), 0::bigint, 'has no free slot') from second;
select tests.finish_parse(job_id) from newcomer;
select is(tests.message_count(job_id), 0::bigint, 'takes a slot while the parser runs') from second;
select tests.retry(tests.reclaim('fetch_result', job_id), 'HICCUP', 'a hiccup') from newcomer;
select is(tests.message_count(job_id), 0::bigint, 'takes a slot while it waits for a retry') from second;

select * from finish();
rollback;
