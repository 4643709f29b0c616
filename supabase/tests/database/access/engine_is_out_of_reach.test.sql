-- The engine's schema and the queues, for every role that a request can have. From the catalogue.
begin;
select plan(11);

create temporary table roles as select unnest(array['anon', 'authenticated']) as role;
create temporary table engine as
  select f.oid, f.oid::regprocedure::text as signature, f.proacl from pg_proc f where f.pronamespace = 'pipeline_internal'::regnamespace;
select cmp_ok((select count(*) from engine), '>=', 40::bigint, 'the engine has functions');

select is_empty(
  $$select role from roles where has_schema_privilege(role, 'pipeline_internal', 'usage, create')$$,
  'no request reaches into the engine''s schema');
select ok(not has_schema_privilege('service_role', 'pipeline_internal', 'usage'), 'not even with the service key');
select is_empty(
  $$select role from roles where has_schema_privilege(role, 'pgmq', 'usage, create')$$, 'or into the queues''');
select is_empty(
  $$select role, schema from roles, unnest(array['vault', 'cron']) schema where has_schema_privilege(role, schema, 'usage')$$,
  'or into the secrets'' and the schedule''s');
select is_empty(
  $$
    select role, signature from (select role from roles union all select 'service_role') r, engine
    where has_function_privilege(role, engine.oid, 'execute')
  $$, 'no function of the engine is theirs to call');
select is_empty(
  $$
    select signature from engine where proacl is null or exists (
      select from aclexplode(proacl) where grantee = 0)
  $$, 'none is left to everyone, as a new function is unless that is revoked');
select is_empty(
  $$
    select role, c.relname from roles, pg_class c
    where c.relnamespace = 'pipeline_internal'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      and has_table_privilege(role, c.oid, 'select, insert, update, delete, truncate')
  $$, 'no table of the engine was granted to them');
select is_empty(
  $$select relname from pg_class where relnamespace = 'pipeline_internal'::regnamespace and relkind in ('r', 'p') and not relrowsecurity$$,
  'and a grant made by mistake would still show nothing');

select tests.act_as(gen_random_uuid());
select throws_ok('select * from pipeline_internal.limits', '42501', null, 'a signed-in user who tries is refused');
select throws_ok('select pgmq.send(''parse'', ''{}'')', '42501', null, 'with the queues too');

select * from finish();
rollback;
