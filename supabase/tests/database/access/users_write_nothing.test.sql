-- Not even their own rows: only the pipeline writes.
begin;
select plan(25);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'hers') j;
create temporary table before as select tests.picture(job_id) as picture from ada;
create temporary table tables as
  select c.relname as name, (
      select quote_ident(a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
      order by a.attnum limit 1) as first_column
  from pg_class c
  where c.relnamespace = 'upload_pipeline'::regnamespace and c.relkind in ('r', 'p');
grant select on tables to public;

select is((select count(*) from tables), 5::bigint, 'there are five tables');
select tests.act_as(user_id) from ada;
select throws_ok(format('insert into upload_pipeline.%I default values', name), '42501', null, 'a user cannot insert into ' || name)
from tables order by name;
select throws_ok(
  format('update upload_pipeline.%I set %s = %s', name, first_column, first_column), '42501', null, 'a user cannot update ' || name)
from tables order by name;
select throws_ok(format('delete from upload_pipeline.%I', name), '42501', null, 'a user cannot delete from ' || name)
from tables order by name;
select throws_ok(format('truncate upload_pipeline.%I', name), '42501', null, 'a user cannot empty ' || name)
from tables
order by name;
reset role;
select is(tests.picture((select job_id from ada)), (select picture from before), 'everything is as it was');

select is_empty(
  $$
    select table_name, grantee, privilege_type from information_schema.role_table_grants
    where table_schema = 'upload_pipeline' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')
      and privilege_type <> 'SELECT'
  $$, 'no API role was granted more than reading');
select is_empty(
  $$
    select tablename, policyname, cmd from pg_policies
    where schemaname = 'upload_pipeline' and (cmd <> 'SELECT' or roles <> array['authenticated']::name[])
  $$, 'and no policy is for anything else, or for anyone else');
select is_empty(
  $$
    select table_name, grantee, privilege_type from information_schema.role_column_grants
    where table_schema = 'upload_pipeline' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')
      and privilege_type <> 'SELECT'
  $$, 'no single column either');

select * from finish();
rollback;
