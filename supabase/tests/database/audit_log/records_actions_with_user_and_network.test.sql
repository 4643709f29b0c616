begin;
select plan(12);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.entries()
  returns table (action text, actor text, database_role name, request_id text, subject_id uuid, network cidr,
    details jsonb)
language sql as $$
  select action, actor, database_role, request_id, subject_id, network, details
  from pipeline_internal.audit_log join ada using (user_id) order by audit_no
$$;
create function pg_temp.last_audit_entry() returns text
language sql as $$
  select concat_ws(' ', action, actor, database_role, request_id, subject_id, network) from pipeline_internal.audit_log
  join ada using (user_id) order by audit_no desc limit 1
$$;
create temporary table job as
  select r.job_id, r.document_id from ada, pipeline_internal.register_upload(
    user_id, 'one.pdf', 'application/pdf', 1000, repeat('a', 64), false, 'req-1', '203.0.113.0/24') r;

select results_eq(
  'select * from pg_temp.entries()',
  $$select 'upload', 'user', null::name, 'req-1', document_id, cidr '203.0.113.0/24', '{"outcome": "created"}'::jsonb
    from job$$,
  'records an upload');
select tests.store_object(document_id) from job;
select tests.retry(tests.claim('parse', job_id), 'CODE', 'a message') from job;
select is((select count(*) from pg_temp.entries()), 1::bigint, 'records nothing when the pipeline itself entries');
select pipeline_internal.retry_job(user_id, job_id, 'req-2', '203.0.113.0/24') from ada, job;
select is(
  pg_temp.last_audit_entry(), (select 'retry user req-2 ' || job_id || ' 203.0.113.0/24' from job),
    'records a retry of a job that waits for its next attempt');
select is((pipeline_internal.retry_job(user_id, job_id, 'req-3')).outcome, 'not_retryable', 'refuses a retry')
  from ada, job;
select is((select count(*) from pg_temp.entries()), 2::bigint, 'records no refused retry');
select tests.reject(tests.reclaim('parse', job_id), 'CODE', 'a message') from job;
select pipeline_internal.retry_job(user_id, job_id, 'req-4', '203.0.113.0/24') from ada, job;
select is(
  pg_temp.last_audit_entry(), (select 'retry user req-4 ' || job_id || ' 203.0.113.0/24' from job),
    'records a retry from the dead letter');
select tests.reject(tests.reclaim('parse', job_id), 'CODE', 'a message') from job;
select pipeline_internal.redrive(job_id) from job;
select is(
  pg_temp.last_audit_entry(), (select 'redrive operator postgres ' || job_id from job),
    'records a redrive with the operator''s database role');
select tests.reject(tests.reclaim('parse', job_id), 'CODE', 'a message') from job;
select pipeline_internal.redrive_all(p_user_id => user_id, p_dry_run => true) from ada;
select is((select count(*) from pg_temp.entries()), 4::bigint, 'records nothing for a dry run of redrive_all');
select pipeline_internal.redrive_all(p_user_id => user_id, p_dry_run => false) from ada;
select is(pg_temp.last_audit_entry(), (select 'redrive operator postgres ' || job_id from job),
  'records one entry per job of redrive_all');

select is(pipeline_internal.delete_document(gen_random_uuid(), document_id, 'req-5', null), false, 'refuses a deletion')
  from job;
select is((select count(*) from pg_temp.entries()), 5::bigint, 'records no refused deletion');
select pipeline_internal.delete_document(user_id, document_id, 'req-6', '203.0.113.0/24') from ada, job;
select is(
  pg_temp.last_audit_entry(), (select 'delete user req-6 ' || document_id || ' 203.0.113.0/24' from job),
    'keeps the entry of a deletion after the document is gone');

select * from finish();
rollback;
