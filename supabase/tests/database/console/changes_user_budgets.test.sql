begin;
select plan(13);

create temporary table operator as select tests.create_operator() as user_id;
create temporary table made as select tests.create_user('ada') as user_id;
create temporary table ada as select m.user_id, u.email from made m join auth.users u on u.id = m.user_id;
grant select on operator, ada to public;
insert into pipeline_internal.user_costs (user_id, month, purpose, quantity, cents)
select user_id, pipeline_internal.budget_month(), 'parse', 4, 12 from ada;
create function pg_temp.budget() returns setof record
language sql as $$
  select b.kind, b.monthly_cents, b.spent_cents from ada, pipeline_console.user_budgets(ada.email, null, 10) b
$$;
create function pg_temp.change(p_kind text, p_cents numeric default null) returns void
language sql as $$
  select pipeline_console.change_user_budget(b.user_id, p_kind, b.version, p_cents)
  from ada, pipeline_console.user_budgets(ada.user_id::text, null, 10) b
$$;

select tests.act_in_console(user_id) from operator;
select results_eq(
  'select * from pg_temp.budget() b (kind text, cents numeric, spent numeric)',
  $$select 'default', (value)::numeric, 12::numeric from pipeline_console.settings('limits')
    where column_name = 'monthly_budget_cents_per_user'$$,
  'finds a user by address, with the budget of all users');
select is_empty($$select from ada, pipeline_console.user_budgets(null, null, 200) b where b.user_id = ada.user_id$$,
  'lists only users with a budget of their own');
select lives_ok($$select pg_temp.change('own', 500)$$, 'gives a budget');
select results_eq('select * from pg_temp.budget() b (kind text, cents numeric, spent numeric)',
  $$values ('own', 500::numeric, 12::numeric)$$, 'shows it');
select isnt_empty($$select from ada, pipeline_console.user_budgets(null, null, 200) b where b.user_id = ada.user_id$$,
  'lists the user');
select throws_ok($$select pg_temp.change('own', -1)$$, '22023',
  'The budget must be between 0 and 10,000,000,000 US dollars.', 'refuses a negative budget');
select throws_ok($$select pg_temp.change('own', 'NaN')$$, '22023',
  'The budget must be between 0 and 10,000,000,000 US dollars.', 'refuses what is no number');
select throws_ok($$select pg_temp.change('free')$$, '22023', 'Unknown kind of budget: free.', 'refuses another kind');
select throws_ok($$select pipeline_console.change_user_budget(user_id, 'unlimited', 'before') from ada$$, 'PT409',
  'The budget of this user was changed meanwhile. Nothing was saved.', 'does not overwrite a change meanwhile');
select throws_like(
  $$select pipeline_console.change_user_budget(gen_random_uuid(), 'unlimited', 'x')$$, 'Unknown user: %',
  'refuses an unknown user');
select pg_temp.change('unlimited');
select results_eq('select * from pg_temp.budget() b (kind text, cents numeric, spent numeric)',
  $$values ('unlimited', null::numeric, 12::numeric)$$, 'lifts the budget');
select pg_temp.change('default');
select is_empty($$select from ada, pipeline_console.user_budgets(null, null, 200) b where b.user_id = ada.user_id$$,
  'returns to the budget of all users');

reset role;
select results_eq(
  $$select a.details -> 'to', a.user_id = ada.user_id from pipeline_internal.audit_log a, operator o, ada
    where a.operator_id = o.user_id order by a.audit_no$$,
  $$values ('{"monthly_cents": 500}'::jsonb, true), ('{}', true), (null, true)$$, 'audits each change');

select * from finish();
rollback;
