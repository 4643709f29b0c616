-- No operator can loosen a limit without a trace.
begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create temporary table began as select coalesce(max(audit_no), 0) as audit_no from pipeline_internal.audit_log;
create function pg_temp.changes() returns table (details jsonb) language sql as $$
  select a.details - 'application' - 'columns' from pipeline_internal.audit_log a, began
  where a.audit_no > began.audit_no and a.action = 'setting_changed' order by a.audit_no
$$;

update pipeline_internal.retention set days = 400 where category = 'events';
update pipeline_internal.limits set max_pages = max_pages + 1;
update pipeline_internal.limits set max_pages = max_pages;
select results_eq(
  'select * from pg_temp.changes()',
  $$
    select '{"setting": "retention", "change": "update", "row": {"category": "events"}, "from": {"days": 365}, "to": '
      '{"days": 400}}'::jsonb
    union all
    select jsonb_build_object('setting', 'limits', 'change', 'update', 'from',
      jsonb_build_object('max_pages', max_pages - 1),
                              'to', jsonb_build_object('max_pages', max_pages))
    from pipeline_internal.limits
  $$, 'records the changed columns with old and new values, and nothing when nothing changes');
select is(
  (select distinct concat_ws(' ', a.actor, a.database_role, a.details ->> 'application')
   from pipeline_internal.audit_log a, began where a.audit_no > began.audit_no),
  concat_ws(' ', 'operator', session_user, nullif(current_setting('application_name'), '')),
    'records the database role');

update began set audit_no = (select max(audit_no) from pipeline_internal.audit_log);
delete from pipeline_internal.retention where category = 'events';
select pipeline_internal.pause_stage('parse', 'maintenance');
update pipeline_internal.providers set requests_per_minute = 7, request_level = 1 where provider = 'openai';
update pipeline_internal.prices set cents = 0 where model = 'agentic';
update pipeline_internal.alert_rules set is_enabled = false where rule = 'PipelineQueueOld';
insert into pipeline_internal.user_budgets (user_id, monthly_cents) select user_id, 100 from ada;
select pipeline_internal.add_endpoint('chat', 'https://hooks.example.com/secret', array['alert.opened']);
update pipeline_internal.endpoints set is_enabled = false where name = 'chat';
select pipeline_internal.remove_endpoint('chat');
select results_eq(
  $$select details ->> 'setting', details ->> 'change' from pg_temp.changes()$$,
  $$values ('retention', 'delete'), ('stages', 'update'), ('providers', 'update'), ('prices', 'update'),
    ('alert_rules', 'update'),
           ('user_budgets', 'insert'), ('endpoints', 'insert'), ('endpoints', 'update'), ('endpoints', 'delete')$$,
  'records changes of all other settings');
select is_empty(
  $$select from pipeline_internal.audit_log where details::text like '%hooks.example.com%'$$, 'hides secret addresses');
select is_empty(
  $$select from pipeline_internal.audit_log a, ada where a.details::text like '%' || ada.user_id || '%'$$,
    'hides user ids except as the entry''s user');
select is(
  (select count(*) from pipeline_internal.audit_log a join ada using (user_id) where action = 'setting_changed'),
    1::bigint,
  'records a budget with its user');

update began set audit_no = (select max(audit_no) from pipeline_internal.audit_log);
update pipeline_internal.providers set request_level = 0, failure_count = 1;
update pipeline_internal.prices set is_expected = not is_expected where unit = 'token';
update pipeline_internal.alert_rules set last_error = 'x';
delete from auth.users where id = (select user_id from ada);
select is_empty('select * from pg_temp.changes()', 'records nothing when the pipeline itself changes a row');
truncate pipeline_internal.user_budgets;
select results_eq(
  'select * from pg_temp.changes()', $$values ('{"setting": "user_budgets", "change": "truncate"}'::jsonb)$$,
    'records a truncate');

-- Each new settings table needs its trigger, or a line among the other tables.
select set_eq(
  $$
    select c.relname::text from pg_class c
    where c.relnamespace = 'pipeline_internal'::regnamespace and c.relkind = 'r'
      and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'record_setting_change')
  $$,
  array[
    -- vocabulary
    'transitions', 'file_types',
    -- work and its records
    'worker_runs', 'pending_chunks', 'pending_vectors', 'submissions', 'deliveries', 'file_cleanups',
      'parse_cancellations', 'outbox',
    'question_vectors', 'rate_limits', 'idempotency_keys', 'reservations', 'audit_log', 'charges', 'daily_costs',
      'user_costs',
    'metric_snapshots', 'alert_states', 'alerts', 'counters', 'stage_transitions', 'deleted_events', 'roll_up',
    'history',
    -- accounts
    'consents', 'pending_sign_ins', 'support_access'],
  'watches every settings table');

select * from finish();
rollback;
