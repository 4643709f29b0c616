-- Every table, view, function and policy of the catalogue against the list in expected_access.sql, and the list against them.
begin;
select plan(7);

create temporary table people as select * from tests.inhabit();
select is_empty('select p.* from people, tests.unexpected_relations(owner_id, other_id, victim_id) p', 'tables, views and files');
select is_empty('select tests.unexpected_functions()', 'functions');
select is_empty('select tests.unexpected_policies()', 'policies');
select is_empty(
  $$
    select c.oid::regclass from pg_class c
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace, 'public'::regnamespace)
      and c.relkind in ('r', 'p') and not c.relrowsecurity
  $$, 'row-level security is on for every table, so that a grant made by mistake would still show nothing');
select is_empty(
  $$
    select c.oid::regclass, role from pg_class c, unnest(array['anon', 'authenticated', 'service_role']) role
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace) and c.relkind = 'S'
      and has_sequence_privilege(role, c.oid, 'usage, select, update')
  $$, 'no sequence is anyone''s');
select is_empty(
  $$
    select schema, role from unnest(array['pipeline_internal', 'pgmq', 'cron']) schema,
      unnest(array['anon', 'authenticated', 'service_role']) role
    where has_schema_privilege(role, schema, 'usage, create')
  $$, 'the engine, its queues and its schedule are behind closed schemas');
select is_empty(
  $$
    select schema, role from unnest(array['upload_pipeline', 'public', 'storage', 'vault', 'net']) schema,
      unnest(array['anon', 'authenticated', 'service_role']) role
    where has_schema_privilege(role, schema, 'create')
  $$, 'nobody puts anything of their own beside what is ours');

select * from finish();
rollback;
