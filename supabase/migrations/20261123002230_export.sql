-- The export of rows with a user's id. Documents, jobs, events and chunks have their own format in an export (see the
-- API); all other tables are exported as they are. A test compares the list with the catalogue.

create function pipeline_internal.exported_tables()
returns table (name text, relation text, sort_key text, condition text, excluded_columns text[])
language sql immutable set search_path = '' as $$
  values
    -- What was done about the user is theirs to know, not which operator did it.
    ('audit_log', 'pipeline_internal.audit_log', $q$lpad(t.audit_no::text, 20, '0')$q$, 't.user_id = $1',
     array['operator_id']),
    -- What the user did as an operator; whom it concerned is that user's.
    ('operator_acts', 'pipeline_internal.audit_log', $q$lpad(t.audit_no::text, 20, '0')$q$, 't.operator_id = $1',
     '{operator_id,subject_id,network,email_digest}'),
    ('charges', 'pipeline_internal.charges', $q$lpad(t.charge_no::text, 20, '0')$q$, 't.user_id = $1', '{}'),
    ('costs', 'pipeline_internal.user_costs', $q$concat_ws(' ', t.month, t.purpose)$q$, 't.user_id = $1', '{}'),
    ('budgets', 'pipeline_internal.user_budgets', $q$'budget'$q$, 't.user_id = $1', '{}'),
    ('reservations', 'pipeline_internal.reservations', 't.job_id::text', 't.user_id = $1', '{}'),
    ('idempotency_keys', 'pipeline_internal.idempotency_keys', 't.key', 't.user_id = $1', '{}'),
    -- The source of the vector is not stored, and the numbers alone mean nothing.
    ('questions', 'pipeline_internal.question_vectors', $q$concat_ws(' ', t.model, t.key)$q$, 't.user_id = $1',
     '{embedding}'),
    ('support_access', 'pipeline_internal.support_access', $q$'support_access'$q$, 't.user_id = $1', '{}'),
    ('live_events', 'upload_pipeline.live_events', $q$lpad(t.event_no::text, 20, '0')$q$, 't.user_id = $1', '{}'),
    ('rate_limits', 'pipeline_internal.rate_limits', 't.key',
     $q$t.key in ('requests:' || $1, 'uploads:' || $1, 'pages:' || $1, 'wrong-passwords:' || $1)
        or t.key like 'polls:' || $1 || ':%'$q$,
     '{}'),
    ('webhooks', 'pipeline_internal.outbox', $q$lpad(t.delivery_no::text, 20, '0')$q$, 't.user_id = $1',
     '{endpoint_id,last_error}'),
    -- A table of Auth: only these columns, which contain no secrets.
    ('sessions', '(select s.id, s.user_id, s.created_at, s.refreshed_at, s.user_agent, s.ip from auth.sessions s)',
     't.id::text', 't.user_id = $1', '{}')
$$;
comment on function pipeline_internal.exported_tables is
  'The tables that an export contains as they are: the name, the sort key, the condition for a user''s rows ($1), and '
  'the columns that are left out.';

create type pipeline_internal.exported_row as (sort_key text, data jsonb);

create function pipeline_internal.exported_rows(p_user_id uuid, p_name text, p_after text, p_count int)
returns setof pipeline_internal.exported_row
language plpgsql stable set search_path = '' as $$
declare
  v_table record;
begin
  select * into strict v_table from pipeline_internal.exported_tables() t where t.name = p_name;
  return query execute format(
    $q$
      select r.sort_key, r.data
      from (select %1$s collate "C" as sort_key, to_jsonb(t) - %2$L::text[] as data from %3$s t where (%4$s)) r
      where r.sort_key > coalesce($2, '')
      order by r.sort_key
      limit $3
    $q$, v_table.sort_key, v_table.excluded_columns || array['user_id'], v_table.relation, v_table.condition)
  using p_user_id, p_after, p_count;
end $$;
comment on function pipeline_internal.exported_rows is
  'The user''s rows of one of exported_tables, after the sort key p_after; null: from the beginning.';

revoke execute on function pipeline_internal.exported_tables, pipeline_internal.exported_rows
  from public, anon, authenticated, service_role;
