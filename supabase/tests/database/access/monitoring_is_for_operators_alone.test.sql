-- The views read everything of everybody with their owner's rights; so who may read them is all that matters.
begin;
select plan(13);

create temporary table views as
  select c.oid, c.oid::regclass::text as name from pg_class c
  where c.relnamespace = 'pipeline_monitoring'::regnamespace and c.relkind in ('v', 'm', 'r');
create temporary table functions as
  select f.oid, f.oid::regprocedure::text as signature, f.prosecdef, f.proconfig, f.proacl
  from pg_proc f where f.pronamespace = 'pipeline_monitoring'::regnamespace;
grant select on views to public;
select cmp_ok((select count(*) from views), '>=', 15::bigint, 'there are views');

select is_empty(
  $$select role from unnest(array['anon', 'authenticated', 'authenticator']) role
    where has_schema_privilege(role, 'pipeline_monitoring', 'usage, create')$$,
  'no role of a request reaches the schema');
select is_empty(
  $$select role, name from unnest(array['anon', 'authenticated']) role, views where has_table_privilege(role, oid, 'select')$$,
  'or has a grant on a view');
select is_empty(
  $$select role, signature from unnest(array['anon', 'authenticated']) role, functions where has_function_privilege(role, oid, 'execute')$$,
  'or may call what reads with its owner''s rights');
select is_empty(
  $$select role, name from unnest(array['pipeline_monitoring', 'service_role']) role, views where not has_table_privilege(role, oid, 'select')$$,
  'operators and the service role read every view');
select is_empty(
  $$select role, name from unnest(array['pipeline_monitoring', 'service_role']) role, views
    where has_table_privilege(role, oid, 'insert, update, delete, truncate')$$,
  'and write none');
select set_eq(
  'select signature from functions where prosecdef',
  array['pipeline_monitoring.queue_depths()', 'pipeline_monitoring.lost_messages()', 'pipeline_monitoring.schedule_runs()',
        'pipeline_monitoring.find_document(text)', 'pipeline_monitoring.document_history(uuid)'],
  'five functions read with their owner''s rights, and no other');
select is_empty(
  $$select signature from functions where not coalesce(proconfig @> array['search_path=""'], false)$$,
  'each has an empty search_path of its own');
select is_empty(
  $$select schema from unnest(array['pipeline_internal', 'upload_pipeline', 'pgmq', 'cron', 'vault', 'auth', 'storage']) schema
    where has_schema_privilege('pipeline_monitoring', schema, 'usage')$$,
  'operators reach nothing behind the views');

grant usage on schema extensions to pipeline_monitoring;
set local role pipeline_monitoring;
select lives_ok(
  $try$
    do $$ declare v_name text; begin
      for v_name in select name from views loop execute 'select * from ' || v_name; end loop;
    end $$
  $try$, 'an operator who has the role alone reads each of them');
select throws_ok('select * from pipeline_internal.limits', '42501', null, 'but not the engine''s tables');
select throws_ok('select * from upload_pipeline.documents', '42501', null, 'nor users''');

reset role;
select tests.act_as(gen_random_uuid());
select throws_ok('select * from pipeline_monitoring.queues', '42501', null, 'a signed-in user who tries is refused');

select * from finish();
rollback;
