begin;
select plan(10);

create function pg_temp.wrong_sums() returns table (about text, wrong text)
language sql as $$
  with daily as (
    select day, purpose, model, sum(quantity) as quantity, sum(credits) as credits, sum(cents) as cents
    from pipeline_internal.daily_costs group by 1, 2, 3 having sum(quantity) <> 0 or sum(cents) <> 0
  ), charged_daily as (
    select day, purpose, model, sum(quantity) as quantity, sum(credits) as credits, sum(cents) as cents
    from pipeline_internal.charges group by 1, 2, 3
  ), of_users as (
    select user_id, month, purpose, quantity::numeric, cents from pipeline_internal.user_costs
      where quantity <> 0 or cents <> 0
  ), charged_to_users as (
    select user_id, date_trunc('month', day)::date as month, purpose, sum(quantity) as quantity, sum(cents) as cents
    from pipeline_internal.charges where user_id is not null group by 1, 2, 3
  )
  select 'day', to_jsonb(coalesce(d, c))::text from daily d full join charged_daily c using (day, purpose, model)
  where (d.quantity, d.credits, d.cents) is distinct from (c.quantity, c.credits, c.cents)
  union all
  select 'user', to_jsonb(coalesce(u, c))::text from of_users u full join charged_to_users c
    using (user_id, month, purpose)
  where (u.quantity, u.cents) is distinct from (c.quantity, c.cents)
$$;

select tests.set_prices();
create temporary table people as
  select name, tests.create_user(name) as user_id from unnest(array['ada', 'bob']) name;
create temporary table given as
  select p.name, j.* from people p, tests.job_at('fetch_result', p.user_id, p.name) j;
select pipeline_internal.record_charges((
  select jsonb_agg(c) from given, jsonb_array_elements(
    tests.charge(job_id, name || ':parse', 'parse', 3) || tests.charge(job_id, name || ':embed', 'embed', 40)) c));
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 10) from people;
select is_empty('select * from pg_temp.wrong_sums()', 'adds a charge to the sums');
select pipeline_internal.record_charges(tests.charge(job_id, name || ':parse', 'parse', 3)) from given;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 5) from people;
select is_empty('select * from pg_temp.wrong_sums()', 'ignores a repeated charge and adds further searches of a day');
select isnt(
  (select sum(cents) from pipeline_internal.user_costs join people using (user_id)), 0::numeric, 'keeps sums');

update pipeline_internal.charges set credits = credits + 1 where user_id in (select user_id from people);
select is_empty('select * from pg_temp.wrong_sums()', 'updates the sums when only the credits change');
update pipeline_internal.charges set day = day - 40 where user_id in (select user_id from people);
select is_empty('select * from pg_temp.wrong_sums()', 'updates the sums when a charge moves to another month');
select pipeline_internal.delete_document(user_id, document_id) from given where name = 'ada';
select is_empty('select * from pg_temp.wrong_sums()', 'keeps the sums when a document is deleted');

delete from auth.users where id = (select user_id from people where name = 'bob');
select is_empty('select * from pg_temp.wrong_sums()', 'keeps the sums when a user is deleted');
select is_empty(
  $$select from pipeline_internal.user_costs join people using (user_id)
    where name = 'bob'$$, 'clears the user in the sums');

select pipeline_internal.compact_charges();
select pipeline_internal.compact_charges();
select is_empty('select * from pg_temp.wrong_sums()', 'keeps the sums when charges are compacted');
select is_empty(
  $$select from pipeline_internal.daily_costs where day < (now() at time zone 'utc')::date
    group by day, purpose, model having count(*) > 1$$, 'keeps one row per model of a past day');

select * from finish();
rollback;
