-- A redrive of parse enters the user queue like an upload; a redrive of a later stage is active at once, and takes a
-- slot.
begin;
select plan(10);

update pipeline_internal.limits set active_documents_per_user = 3;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given (name text, job_id uuid);
insert into given select n, j.job_id from ada, unnest(array['parse', 'chunk', 'embed']) n,
  tests.job_at(n, user_id, n) j;
select tests.reject(tests.reclaim(name, job_id), 'BAD', 'bad') from given;
update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table others as select n, tests.upload(user_id, n::text) as job_id from ada, generate_series(1, 2) n
  order by n;

select is(pipeline_internal.redrive(job_id), true, 'redrives a document that failed in parse') from given
  where name = 'parse';
select results_eq(
  $$select status, state, waiting_for, queue_position, last_error from upload_pipeline.document_status join given
    using (job_id) where name = 'parse'$$,
  $$values ('uploaded', 'queued', 'YOUR_OTHER_DOCUMENTS', 2, null::jsonb)$$, 'puts it at the end of the user queue');
select is(tests.message_count(job_id), 0::bigint, 'sends no message') from given where name = 'parse';

select is(pipeline_internal.redrive(job_id), true, format('one that failed in %s is redriven', name)) from given
  where name <> 'parse' order by name;
select is(tests.message_count(job_id), 1::bigint, format('is active at once in %s', name)) from given
  where name <> 'parse' order by name;

create temporary table leases as select job_id, tests.claim('parse', job_id) as lease from others where n = 1;
select tests.reject(lease, 'BAD', 'bad') from leases;
select is(tests.message_count((select job_id from others where n = 2)), 0::bigint, 'admits none while two are active');
select tests.reject(tests.reclaim(name, job_id), 'BAD', 'bad') from given where name <> 'parse';
select is(tests.message_count((select job_id from others where n = 2)), 1::bigint, 'admits the next when one finishes');
select tests.reject(tests.claim('parse', job_id), 'BAD', 'bad') from others where n = 2;
select is(
  (select (c.lease).msg_id is not null from given, tests.claim_all('parse') c
    where name = 'parse' and c.job_id = given.job_id), true,
  'admits the redriven document in its turn');

select * from finish();
rollback;
