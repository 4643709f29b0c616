begin;
select plan(3);

select isnt(pipeline_internal.budget_of(tests.create_user()), null, 'a user has a budget unless somebody takes it away');
select cmp_ok(
  (select monthly_budget_cents_per_user from pipeline_internal.limits), '>=',
  (select 31 * (pipeline_internal.expected_cents(pages_per_user_per_day, 0) + pipeline_internal.embedding_cents(pages_per_user_per_day))
   from pipeline_internal.limits),
  'it holds what a month of days at their limit costs, at list price');
select cmp_ok(
  (select pages_per_user_per_day from pipeline_internal.limits), '>=', (select uploads_per_user_per_day * max_pages from pipeline_internal.limits),
  'and a day''s pages hold its uploads');

select * from finish();
rollback;
