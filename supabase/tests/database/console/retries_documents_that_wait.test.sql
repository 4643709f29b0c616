begin;
select plan(9);

create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create temporary table given as
  select name, n, j.job_id from people, generate_series(1, 2) n, lateral tests.job_at('chunk', user_id, name || n) j;
select tests.retry(tests.reclaim('chunk', job_id), 'CONSOLE_WAIT', 'bad', 600) from given;
create temporary table elsewhere as select j.job_id from people, tests.job_at('chunk', user_id, 'elsewhere') j
  where name = 'ada';
select tests.retry(tests.reclaim('chunk', job_id), 'CONSOLE_ELSE', 'worse', 600) from elsewhere;
create temporary table operator as select tests.create_operator() as user_id;
grant select on people, given, elsewhere, operator to public;

select tests.act_in_console(user_id) from operator;
select results_eq(
  $$select code, document_count, user_count, stages, example_message, next_at > now() from pipeline_console.waiting()
    where code like 'CONSOLE_%'$$,
  $$values ('CONSOLE_WAIT', 4::bigint, 2::bigint, array['chunk'], 'bad', true),
           ('CONSOLE_ELSE', 1, 1, array['chunk'], 'worse', true)$$,
  'groups the documents that wait for their next attempt by reason');
select results_eq(
  $$select w.document_count from people, pipeline_console.waiting('CONSOLE_WAIT', user_id) w where name = 'ada'$$,
  'values (2::bigint)', 'groups those of a user');
select results_eq(
  $$select document_count, retried_count from pipeline_console.retry_waiting('CONSOLE_WAIT')$$,
  'values (4::bigint, 0::bigint)', 'only counts by default');
select is_empty(
  $$select from pipeline_console.waiting('CONSOLE_WAIT', p_until => now() - interval '1 day')$$,
  'leaves out those that failed later');
select results_eq(
  $$select r.document_count, r.retried_count
    from people, pipeline_console.retry_waiting('CONSOLE_WAIT', user_id, p_dry_run => false) r where name = 'ada'$$,
  'values (2::bigint, 2::bigint)', 'retries those that match');
reset role;
select results_eq(
  $$select name, j.state, j.next_attempt_at is null, tests.due_at(job_id) <= clock_timestamp()
    from given join upload_pipeline.upload_jobs j using (job_id) order by name, n$$,
  $$values ('ada', 'queued', true, true), ('ada', 'queued', true, true), ('ben', 'retryable', false, false),
           ('ben', 'retryable', false, false)$$,
  'makes them due, and leaves the others');
select results_eq(
  $$select a.details, a.user_id, a.operator_id from pipeline_internal.audit_log a where action = 'retry_documents'$$,
  $$select '{"code": "CONSOLE_WAIT", "matching": 2, "retried": 2}'::jsonb, people.user_id, operator.user_id
    from people, operator where name = 'ada'$$,
  'writes an audit entry with the operator');
select results_eq(
  $$select job_count, retried_count
    from pipeline_internal.retry_all('CONSOLE_WAIT', p_dry_run => false, p_limit => 1)$$,
  'values (2::bigint, 1::bigint)', 'retries a portion');
select results_eq(
  $$select job_count, retried_count
    from pipeline_internal.retry_all('CONSOLE_WAIT', p_dry_run => false, p_limit => 1)$$,
  'values (1::bigint, 1::bigint)', 'retries the next portion');

select * from finish();
rollback;
