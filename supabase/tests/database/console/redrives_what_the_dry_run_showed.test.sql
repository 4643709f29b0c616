begin;
select plan(17);

update pipeline_internal.limits set active_documents_per_user = 100;
create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table given (n int, document_id uuid, job_id uuid);
create function pg_temp.fail(p_n int, p_code text default 'CONSOLE_BULK') returns void
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('chunk', (select user_id from ada), 'bulk ' || p_n);
begin
  perform tests.reject(tests.reclaim('chunk', v_job.job_id), p_code, 'bad');
  update upload_pipeline.upload_jobs set finished_at = now() - make_interval(mins => p_n) where job_id = v_job.job_id;
  insert into given values (p_n, v_job.document_id, v_job.job_id);
end $$;
select pg_temp.fail(n) from generate_series(1, 3) n;
select pg_temp.fail(9, 'CONSOLE_OTHER');
create temporary table operator as select tests.create_operator() as user_id;
grant select on ada, given, operator to public;

select tests.act_in_console(user_id) from operator;
create temporary table first as select * from pipeline_console.redrive(p_code => 'CONSOLE_BULK');
select results_eq(
  'select document_count, page_count, documents_of_unknown_length, redriven_count from first',
  'values (3::bigint, 0::bigint, 0::bigint, 0::bigint)', 'only counts by default');
select throws_ok(
  $$select pipeline_console.redrive(p_code => 'CONSOLE_BULK', p_dry_run => false)$$, '22023',
  'A redrive needs the selection of its dry run.', 'redrives nothing without a dry run');
select results_eq(
  $$select code, document_count, user_count, mended_by, error_class from pipeline_console.failures()
    where code like 'CONSOLE_%'$$,
  $$values ('CONSOLE_BULK', 3::bigint, 1::bigint, 'operator', 'pipeline'),
           ('CONSOLE_OTHER', 1, 1, 'operator', 'pipeline')$$,
  'groups the dead letter by reason, the most frequent first');
select results_eq(
  $$select document_count, oldest_at, newest_at, example_message
    from pipeline_console.failures(p_code => 'CONSOLE_BULK', p_from => now() - interval '2 minutes')$$,
  $$values (2::bigint, now() - interval '2 minutes', now() - interval '1 minute', 'bad')$$,
  'groups what was given up in a time');
select is_empty(
  'select from pipeline_console.failures(p_user_id => gen_random_uuid())',
  'groups what a user''s documents failed with');
reset role;

-- One document leaves the dead letter, and nothing else changes.
select pipeline_internal.redrive(job_id) from given where n = 2;
select tests.act_in_console(user_id) from operator;
select throws_ok(
  $$select pipeline_console.redrive(p_code => 'CONSOLE_BULK', p_selection => selection, p_dry_run => false)
    from first$$,
  '55000', 'The dead letter has changed since the dry run: 2 of its documents match now. Nothing was redriven.',
  'redrives nothing when the dead letter has changed since');
select is(
  (select document_count from pipeline_console.redrive(p_code => 'CONSOLE_BULK')), 2::bigint, 'has changed nothing');

create temporary table second as select * from pipeline_console.redrive(p_code => 'CONSOLE_BULK');
select results_eq(
  $$select r.document_count, r.redriven_count
    from second, pipeline_console.redrive(
      p_code => 'CONSOLE_BULK', p_until => asked_at, p_selection => second.selection, p_dry_run => false) r$$,
  'values (2::bigint, 2::bigint)', 'redrives what the dry run showed');
reset role;
select results_eq(
  'select n, state from given join upload_pipeline.upload_jobs using (job_id) order by n',
  $$values (1, 'queued'), (2, 'queued'), (3, 'queued'), (9, 'deadletter')$$, 'leaves other documents alone');
select results_eq(
  $$select a.details - 'until', a.operator_id from pipeline_internal.audit_log a where action = 'redrive_documents'$$,
  $$select '{"code": "CONSOLE_BULK", "matching": 2, "redriven": 2}'::jsonb, user_id from operator$$,
  'writes an audit entry with the operator');
select is(
  (select count(*) from pipeline_internal.audit_log a join given on subject_id = job_id
   where action = 'redrive' and operator_id = (select user_id from operator) and n in (1, 3)), 2::bigint,
  'writes one for each document');

-- One document.
select tests.act_in_console(user_id) from operator;
create temporary table one as
  select given.document_id, r.* from given, pipeline_console.redrive(p_document_id => given.document_id) r where n = 9;
select is((select document_count from one), 1::bigint, 'counts one document');
select is(
  (select r.redriven_count from one, pipeline_console.redrive(
     p_document_id => one.document_id, p_selection => one.selection, p_dry_run => false) r), 1::bigint,
  'redrives one document');

reset role;
create temporary table waiting as select j.* from ada, tests.job_at('chunk', user_id, 'waiting') j;
select tests.retry(tests.reclaim('chunk', job_id), 'CONSOLE_RETRY', 'bad') from waiting;
grant select on waiting to public;
select tests.act_in_console(user_id) from operator;
select is(
  (select pipeline_console.retry_document(document_id) from waiting), 'retried', 'retries a document that waits');
select is(
  (select pipeline_console.retry_document(document_id) from waiting), 'not_retryable',
  'retries no document that does not wait');
select is(pipeline_console.retry_document(gen_random_uuid()), 'unknown', 'says that a document does not exist');
reset role;
select results_eq(
  $$select action, operator_id, user_id from pipeline_internal.audit_log
    where action in ('retry', 'retry_document') and operator_id is not null
      and details ->> 'outcome' is distinct from 'not_retryable'
      and details ->> 'outcome' is distinct from 'unknown' order by audit_no$$,
  $$select action, operator.user_id, ada.user_id from operator, ada, unnest(array['retry', 'retry_document']) action$$,
  'writes audit entries of a retry with the operator');

select * from finish();
rollback;
