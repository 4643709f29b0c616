-- Audits changes of settings: limits, budgets, prices, retention, stages, endpoints and alert rules.

create function pipeline_internal.record_setting_change() returns trigger
language plpgsql set search_path = '' as $$
declare
  -- The address of a chat's webhook is a secret.
  v_hidden constant text[] := array['url', 'user_id'];
  v_old jsonb := case when tg_op in ('UPDATE', 'DELETE') then to_jsonb(old) end;
  v_new jsonb := case when tg_op in ('INSERT', 'UPDATE') then to_jsonb(new) end;
  v_row jsonb := coalesce(v_new, v_old);
  v_changed text[] := array(
    select k from jsonb_object_keys(v_row) k where v_old -> k is distinct from v_new -> k order by k);
  v_user_id uuid := (v_row ->> 'user_id')::uuid;
begin
  if tg_op <> 'TRUNCATE' and v_changed = '{}' then return null; end if;
  -- The deletion of a user removes the user's settings; this is no change by an operator.
  if v_user_id is not null and not exists (select from auth.users where id = v_user_id) then return null; end if;
  perform pipeline_internal.record_audit_entry(
    'setting_changed', v_user_id, p_actor => 'operator', p_details => jsonb_strip_nulls(jsonb_build_object(
      'setting', tg_table_name, 'change', lower(tg_op), 'columns', to_jsonb(v_changed),
      'row', (select jsonb_object_agg(k, v_row -> k) from unnest(tg_argv) k where k <> all (v_hidden)),
      'from', (select jsonb_object_agg(k, v_old -> k) from unnest(v_changed) k where v_old ? k and k <> all (v_hidden)),
      'to', (select jsonb_object_agg(k, v_new -> k) from unnest(v_changed) k where v_new ? k and k <> all (v_hidden)),
      -- The pipeline's own connections set application_name: the pipeline disables an endpoint that is gone for good.
      'application', nullif(current_setting('application_name'), ''))));
  return null;
end $$;
comment on function pipeline_internal.record_setting_change is
  'Writes an audit entry for each row of settings that changes: its key, and the old and new values. Arguments: the '
  'key columns.';

create trigger record_setting_change after insert or update or delete on pipeline_internal.limits
  for each row execute function pipeline_internal.record_setting_change();
create trigger record_setting_change after insert or update or delete on pipeline_internal.retention
  for each row execute function pipeline_internal.record_setting_change('category');
create trigger record_setting_change after insert or update or delete on pipeline_internal.stages
  for each row execute function pipeline_internal.record_setting_change('stage');
create trigger record_setting_change after insert or update or delete on pipeline_internal.user_budgets
  for each row execute function pipeline_internal.record_setting_change('user_id');
create trigger record_setting_change after insert or update or delete on pipeline_internal.endpoints
  for each row execute function pipeline_internal.record_setting_change('name');
-- The pipeline changes the other columns of these tables many times a minute.
create trigger record_setting_change
  after insert or delete or update of requests_per_minute, request_burst, tokens_per_minute, token_burst
  on pipeline_internal.providers
  for each row execute function pipeline_internal.record_setting_change('provider');
create trigger record_setting_change
  after insert or delete or update of unit, model, cents, credits, source on pipeline_internal.prices
  for each row execute function pipeline_internal.record_setting_change('unit', 'model');
create trigger record_setting_change
  after insert or delete or update of rule, severity, summary, query, threshold, for_seconds, keep_firing_seconds,
    is_enabled
  on pipeline_internal.alert_rules
  for each row execute function pipeline_internal.record_setting_change('rule');

create trigger record_truncate after truncate on pipeline_internal.limits
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.retention
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.stages
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.user_budgets
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.endpoints
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.providers
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.prices
  for each statement execute function pipeline_internal.record_setting_change();
create trigger record_truncate after truncate on pipeline_internal.alert_rules
  for each statement execute function pipeline_internal.record_setting_change();

revoke execute on function pipeline_internal.record_setting_change from public, anon, authenticated, service_role;
