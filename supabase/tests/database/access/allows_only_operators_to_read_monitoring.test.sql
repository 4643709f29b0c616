-- The views read all rows with their owner's rights, so the grants on the views decide who may read them.
begin;
select plan(13);

create temporary table views as
  select c.oid, c.oid::regclass::text as name from pg_class c
  where c.relnamespace = 'pipeline_monitoring'::regnamespace and c.relkind in ('v', 'm', 'r');
create temporary table functions as
  select f.oid, f.oid::regprocedure::text as signature, f.prosecdef, f.proconfig, f.proacl
  from pg_proc f where f.pronamespace = 'pipeline_monitoring'::regnamespace;
grant select on views to public;
select cmp_ok((select count(*) from views), '>=', 15::bigint, 'finds views in the catalogue');

select is_empty(
  $$select role from unnest(array['anon', 'authenticated', 'authenticator']) role
    where has_schema_privilege(role, 'pipeline_monitoring', 'usage, create')$$,
  'denies the schema to every role of a request');
select is_empty(
  $$select role, name from unnest(array['anon', 'authenticated']) role, views
    where has_table_privilege(role, oid, 'select')$$,
  'denies every view to every role of a request');
select is_empty(
  $$select role, signature from unnest(array['anon', 'authenticated']) role, functions
    where has_function_privilege(role, oid, 'execute')$$,
  'denies every security definer function to every role of a request');
select is_empty(
  $$select role, name from unnest(array['pipeline_monitoring', 'service_role']) role, views
    where not has_table_privilege(role, oid, 'select')$$,
  'lets operators and the service role read every view');
select is_empty(
  $$select role, name from unnest(array['pipeline_monitoring', 'service_role']) role, views
    where has_table_privilege(role, oid, 'insert, update, delete, truncate')$$,
  'lets no role write to a view');
select set_eq(
  'select signature from functions where prosecdef',
  array['pipeline_monitoring.queue_depths()', 'pipeline_monitoring.lost_messages()',
    'pipeline_monitoring.schedule_runs()', 'pipeline_monitoring.table_statistics()',
    'pipeline_monitoring.vacuum_blockers()',
    'pipeline_monitoring.explain_unfinished(uuid)', 'pipeline_monitoring.find_document(text)',
    'pipeline_monitoring.document_history(uuid)',
    'pipeline_monitoring.matching_documents(pipeline_monitoring.document_filter,timestamp with time zone,uuid,integer)',
    'pipeline_monitoring.find_user(text)', 'pipeline_monitoring.document_rows(uuid[])',
    'pipeline_monitoring.document_costs(uuid)',
    'pipeline_monitoring.dead_letter_reasons(text,uuid,timestamp with time zone,timestamp with time zone)',
    'pipeline_monitoring.waiting_reasons(text,uuid,timestamp with time zone,timestamp with time zone)'],
  'has exactly these security definer functions');
select is_empty(
  $$select signature from functions where not coalesce(proconfig @> array['search_path=""'], false)$$,
  'sets an empty search_path on each of them');
select is_empty(
  $$select schema
    from unnest(array['pipeline_internal', 'upload_pipeline', 'pgmq', 'cron', 'vault', 'auth', 'storage']) schema
    where has_schema_privilege('pipeline_monitoring', schema, 'usage')$$,
  'gives operators no other rights');

grant usage on schema extensions to pipeline_monitoring;
set local role pipeline_monitoring;
select lives_ok(
  $try$
    do $$ declare v_name text; begin
      for v_name in select name from views loop execute 'select * from ' || v_name; end loop;
    end $$
  $try$, 'lets an operator with this role alone read every view');
select throws_ok('select * from pipeline_internal.limits', '42501', null, 'denies the engine''s tables to operators');
select throws_ok('select * from upload_pipeline.documents', '42501', null, 'denies the users'' tables to operators');

reset role;
select tests.act_as(gen_random_uuid());
select throws_ok('select * from pipeline_monitoring.queues', '42501', null, 'refuses a signed-in user');

select * from finish();
rollback;
