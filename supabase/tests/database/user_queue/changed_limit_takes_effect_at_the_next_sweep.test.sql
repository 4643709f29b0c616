begin;
select plan(6);

update pipeline_internal.limits set active_documents_per_user = 2;
create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create temporary table given as
  select name, n, tests.upload(user_id, n::text) as job_id from people, generate_series(1, 6) n order by name, n;
create function pg_temp.in_work() returns table (name text, numbers int[])
language sql as $$
  select name, array_agg(n order by n) from given join upload_pipeline.upload_jobs using (job_id)
  where message_id is not null group by name order by name
$$;

select results_eq('select * from pg_temp.in_work()', $$values ('ada', array[1, 2]), ('ben', array[1, 2])$$,
  'allows two active documents per user');
update pipeline_internal.limits set active_documents_per_user = 5;
select results_eq('select * from pg_temp.in_work()', $$values ('ada', array[1, 2]), ('ben', array[1, 2])$$,
  'raises the limit');
select pipeline_internal.sweep();
select results_eq(
  'select * from pg_temp.in_work()', $$values ('ada', array[1, 2, 3, 4, 5]), ('ben', array[1, 2, 3, 4, 5])$$,
  'admits the oldest documents of each user in a sweep');

update pipeline_internal.limits set active_documents_per_user = 3;
select pipeline_internal.sweep();
select is(
  (select cardinality(numbers) from pg_temp.in_work() where name = 'ada'), 5,
    'keeps documents active when the limit is lowered');
create temporary table leases as select c.* from tests.claim_all('parse') c;
select tests.reject(lease, 'BAD', 'bad') from leases join given using (job_id) where name = 'ada' and n <= 2;
select results_eq(
  'select * from pg_temp.in_work()', $$values ('ada', array[3, 4, 5]), ('ben', array[1, 2, 3, 4, 5])$$,
  'admits none while more than the limit are active');
select tests.reject(lease, 'BAD', 'bad') from leases join given using (job_id) where name = 'ada' and n = 3;
select results_eq(
  'select * from pg_temp.in_work()', $$values ('ada', array[4, 5, 6]), ('ben', array[1, 2, 3, 4, 5])$$,
    'admits one when fewer are active');

select * from finish();
rollback;
