-- Compares every table, view, function and policy of the catalogue with expected_access.sql, in both directions.
begin;
select plan(7);

create temporary table people as select * from tests.inhabit();
select is_empty('select p.* from people, tests.unexpected_relations(owner_id, other_id, victim_id) p',
  'matches the expected tables, views and files');
select is_empty('select tests.unexpected_functions()', 'matches the expected functions');
select is_empty('select tests.unexpected_policies()', 'matches the expected policies');
select is_empty(
  $$
    select c.oid::regclass from pg_class c
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace, 'public'::regnamespace)
      and c.relkind in ('r', 'p') and not c.relrowsecurity
  $$, 'enables row-level security on every table');
select is_empty(
  $$
    select c.oid::regclass, role from pg_class c, unnest(array['anon', 'authenticated', 'service_role']) role
    where c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace) and c.relkind = 'S'
      and has_sequence_privilege(role, c.oid, 'usage, select, update')
  $$, 'grants no sequence to any role');
select is_empty(
  $$
    select schema, role from unnest(array['pipeline_internal', 'pgmq', 'cron']) schema,
      unnest(array['anon', 'authenticated', 'service_role']) role
    where has_schema_privilege(role, schema, 'usage, create')
  $$, 'closes the schemas of the engine, its queues and its schedules');
select is_empty(
  $$
    select schema, role from unnest(array['upload_pipeline', 'public', 'storage', 'vault', 'net']) schema,
      unnest(array['anon', 'authenticated', 'service_role']) role
    where has_schema_privilege(role, schema, 'create')
  $$, 'lets no role create objects in our schemas');

select * from finish();
rollback;
