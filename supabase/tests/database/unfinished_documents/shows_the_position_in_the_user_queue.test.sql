begin;
select plan(10);

update pipeline_internal.limits set active_documents_per_user = 1;
create temporary table ada as select tests.create_user() as user_id;
create temporary table jobs as select n, tests.upload(user_id, n::text) as job_id from ada, generate_series(1, 3) n
  order by n;

create function pg_temp.row(p_n int) returns pipeline_monitoring.unfinished_documents
language sql as $$ select tests.unfinished(job_id) from jobs where n = p_n $$;
select is((pg_temp.row(1)).reason, 'waiting_for_worker', 'gives waiting_for_worker for the first document');
select is((pg_temp.row(1)).position, 1::bigint, 'shows its position in the stage''s queue');
select is((pg_temp.row(2)).reason, 'user_queued', 'gives user_queued for the second document');
select is((pg_temp.row(2)).position, 1::bigint, 'shows position 1');
select is((pg_temp.row(3)).position, 2::bigint, 'shows position 2 for the third document');
select alike(
  (pg_temp.row(3)).sentence,
  '3.pdf is not finished: it waits in the user queue: its owner may have 1 active documents at once. It is number 2 '
  'in the queue. To do: nothing, or raise%',
  'explains it in a sentence');

update pipeline_internal.limits set monthly_budget_cents_per_user = 0, active_documents_per_user = 5;
select pipeline_internal.advance_user_queues(array(select user_id from ada));
select is((pg_temp.row(2)).reason, 'over_budget', 'gives over_budget without a budget');
select is(
  (pg_temp.row(2)).next_step_at, (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc',
  'shows the start of the next month');
select alike((pg_temp.row(2)).sentence, '%the monthly budget of its owner or of the project does not cover%',
  'explains the budget');
select alike((pg_temp.row(2)).remedy, '%raise the budget%', 'suggests raising the budget');

select * from finish();
rollback;
