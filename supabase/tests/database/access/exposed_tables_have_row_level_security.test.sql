begin;
select plan(3);

select cmp_ok(
  (select count(*) from pg_class where relnamespace = 'upload_pipeline'::regnamespace and relkind in ('r', 'p')), '>=', 5::bigint,
  'there are tables');
select is_empty(
  $$select relname from pg_class where relnamespace = 'upload_pipeline'::regnamespace and relkind in ('r', 'p') and not relrowsecurity$$,
  'each has row-level security');
select is_empty(
  $$
    select relname from pg_class c
    where relnamespace = 'upload_pipeline'::regnamespace and relkind in ('r', 'p')
      and not exists (select from pg_policy p where p.polrelid = c.oid)
  $$, 'and a policy that says who may read it');

select * from finish();
rollback;
