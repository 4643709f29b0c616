begin;
select plan(14);

select tests.set_prices();
update pipeline_internal.prices set cents = 0 where unit = 'token';
-- Each document is estimated at ten pages: twenty cents.
update pipeline_internal.limits set expected_bytes_per_page = 100, active_documents_per_user = 5;
create temporary table ada as select tests.create_user() as user_id;
create temporary table given as
  select n, (tests.register(user_id, n::text)).* from ada, generate_series(1, 5) n order by n;
update pipeline_internal.limits set monthly_budget_cents_per_user = 50;
create function pg_temp.arrive(p_n int) returns void
language sql as $$ select tests.store_object(document_id) from given where n = p_n $$;
create function pg_temp.standing() returns table (n int, in_work boolean, waiting_for text)
language sql as $$
  select g.n, j.message_id is not null, j.waiting_for from given g
  join upload_pipeline.upload_jobs j using (job_id) where j.status <> 'awaiting_upload' order by n
$$;
create function pg_temp.sweep() returns void
language sql as $$ select pipeline_internal.advance_user_queues(array(select user_id from ada)) $$;

select pg_temp.arrive(1);
update pipeline_internal.limits set monthly_budget_cents_per_user = 30;
select pg_temp.arrive(2);
select results_eq(
  'select * from pg_temp.standing()', $$values (1, true, null::text), (2, false, 'MONTHLY_BUDGET_SPENT')$$,
  'queues a document when the reservation exceeds the budget');
select pg_temp.arrive(3);
select results_eq(
  'select * from pg_temp.standing() where n = 3', $$values (3, false, 'YOUR_OTHER_DOCUMENTS')$$,
    'queues the next document behind it');
select pg_temp.sweep();
select results_eq(
  'select * from pg_temp.standing() where n > 1', $$values (2, false, 'MONTHLY_BUDGET_SPENT'),
    (3, false, 'MONTHLY_BUDGET_SPENT')$$,
  'changes nothing but the reason in a sweep');

-- The document has three pages: six cents, so that twenty-four are left.
select tests.finish_parse(job_id) from given where n = 1;
select tests.make_due(job_id) from given where n = 1;
select tests.settle(
  tests.claim('fetch_result', job_id),
  jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
      'parsed_path', 'p', 'parsed_sha256', repeat('a', 64), 'page_starts', array[0, 1, 2]),
    'charges', tests.charge(job_id, 'budget:1', 'parse', 3))) from given where n = 1;
select is(pipeline_internal.committed_cents(user_id), 6::numeric, 'replaces the reservation by the charge') from ada;
select pg_temp.sweep();
select results_eq(
  'select * from pg_temp.standing() where n > 1',
  $$values (2, true, null::text), (3, false, 'MONTHLY_BUDGET_SPENT')$$, 'admits the next document');

select tests.reject(tests.claim('parse', job_id), 'NOT_A_PDF', 'bad') from given where n = 2;
select results_eq(
  'select * from pg_temp.standing() where n > 1',
  $$values (2, false, null::text), (3, true, null)$$, 'releases the reservation of a failed document');

select pg_temp.arrive(4);
select is((select waiting_for from pg_temp.standing() where n = 4), 'MONTHLY_BUDGET_SPENT', 'queues the next document');
update pipeline_internal.limits set monthly_budget_cents_per_user = 46;
select pg_temp.sweep();
select is((select in_work from pg_temp.standing() where n = 4), true, 'admits it when the budget is raised');

-- The project's budget.
update pipeline_internal.limits set monthly_budget_cents_per_user = null,
  monthly_budget_cents = pipeline_internal.committed_cents() + 19;
select tests.reject(tests.claim('parse', job_id), 'NOT_A_PDF', 'bad') from given where n = 4;
update pipeline_internal.limits set monthly_budget_cents = pipeline_internal.committed_cents() + 19;
select pg_temp.arrive(5);
select is((select waiting_for from pg_temp.standing() where n = 5), 'MONTHLY_BUDGET_SPENT',
  'queues a document when the project''s budget is exceeded');
select is(
  (select s.waiting_for from upload_pipeline.document_status s join given g using (job_id) where g.n = 5),
    'MONTHLY_BUDGET_SPENT',
  'shows the reason to the owner');
select is(pipeline_internal.reconcile() is not null, true, 'keeps the job''s state');
select is((select in_work from pg_temp.standing() where n = 5), false, 'leaves the job alone in a reconcile');
-- The next month.
update pipeline_internal.charges set day = day - 31 where user_id = (select user_id from ada);
update pipeline_internal.limits set monthly_budget_cents = pipeline_internal.committed_cents() + 20;
select pg_temp.sweep();
select is((select in_work from pg_temp.standing() where n = 5), true, 'admits the document in the next month');
select is(
  (select reserved_cents from ada, pipeline_internal.budget_summary(user_id)), null,
    'returns no summary without a budget');

select * from finish();
rollback;
