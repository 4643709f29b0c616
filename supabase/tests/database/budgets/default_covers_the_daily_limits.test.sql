begin;
select plan(3);

select isnt(pipeline_internal.budget_of(tests.create_user()), null, 'has a budget per user by default');
select cmp_ok(
  (select monthly_budget_cents_per_user from pipeline_internal.limits), '>=',
  (select 31 * (pipeline_internal.expected_cents(pages_per_user_per_day,
    0) + pipeline_internal.embedding_cents(pages_per_user_per_day))
   from pipeline_internal.limits),
  'covers a month of the daily limits at list price');
select cmp_ok(
  (select pages_per_user_per_day from pipeline_internal.limits), '>=', (select uploads_per_user_per_day * max_pages
    from pipeline_internal.limits),
  'covers a day''s uploads with a day''s pages');

select * from finish();
rollback;
