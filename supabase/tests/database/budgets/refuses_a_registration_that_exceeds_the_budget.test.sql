begin;
select plan(11);

select tests.set_prices();
update pipeline_internal.prices set cents = 0 where unit = 'token';
update pipeline_internal.limits set expected_bytes_per_page = 100, monthly_budget_cents_per_user = 50;
create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.register(p_seed text, p_bytes_len bigint default 1000)
returns table (outcome text, job_id uuid, document_id uuid, limit_value bigint, retry_after_seconds int)
language sql as $$
  select r.outcome, r.job_id, r.document_id, r.limit_value, r.retry_after_seconds
  from ada cross join lateral pipeline_internal.register_upload(
    user_id, p_seed || '.pdf', 'application/pdf', p_bytes_len, encode(extensions.digest(p_seed, 'sha256'), 'hex'),
      false, 'r') r
$$;

select results_eq(
  $$select outcome, job_id, document_id, limit_value from pg_temp.register('long', 2600)$$,
  $$values ('user_budget_spent', null::uuid, null::uuid, 50::bigint)$$,
    'refuses twenty-six pages at two cents when the budget is fifty cents');
select is_empty('select from upload_pipeline.documents join ada using (user_id)', 'writes nothing when it refuses');
select is(
  (select now() + make_interval(secs => retry_after_seconds) - interval '2 seconds'
          < (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc'
   from pg_temp.register('long', 2600)), true, 'returns the seconds until the next month');
select is((select outcome from pg_temp.register('short', 2500)), 'created', 'accepts twenty-five pages');

select pipeline_internal.record_search(user_id, 'cost_effective', 1) from ada;
update pipeline_internal.charges set cents = 40 where user_id = (select user_id from ada);
select is((select outcome from pg_temp.register('other', 600)), 'user_budget_spent',
  'refuses six pages after charges of forty cents');
select is((select outcome from pg_temp.register('other', 500)), 'created',
  'accepts five pages after charges of forty cents');
select is((select outcome from pg_temp.register('short', 2500)), 'user_budget_spent',
  'checks the budget when a document is registered again');

insert into pipeline_internal.user_budgets select user_id, 200 from ada;
select is((select outcome from pg_temp.register('long', 2600)), 'created', 'applies a user''s own budget');
update pipeline_internal.user_budgets set monthly_cents = null where user_id = (select user_id from ada);
select is((select outcome from pg_temp.register('longer', 20000)), 'created', 'allows a user without a budget');
update pipeline_internal.limits set monthly_budget_cents = 41;
select is((select outcome from pg_temp.register('one', 100)), 'project_budget_spent',
  'applies the project''s budget to every user');
update pipeline_internal.charges set day = day - 31 where user_id = (select user_id from ada);
select is((select outcome from pg_temp.register('one', 100)), 'created', 'ignores charges of the previous month');

select * from finish();
rollback;
