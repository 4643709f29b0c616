-- Settings that operators change in the console: limits, retention, stages, providers' rates and users' budgets. The
-- columns, their meaning and their rules come from the catalogue, so a new column is there by itself. settings_audit
-- writes the audit entries.

create index audit_log_settings_idx on pipeline_internal.audit_log (happened_at) where action = 'setting_changed';

create function pipeline_internal.setting_key(p_setting text) returns name
language sql immutable set search_path = '' as $$
  select case p_setting
    when 'limits' then 'singleton' when 'retention' then 'category' when 'stages' then 'stage'
    when 'providers' then 'provider' end::name
$$;
comment on function pipeline_internal.setting_key is
  'The key column of a table of settings that the console changes; null for any other table.';

create function pipeline_internal.setting_columns(p_setting text)
returns table (column_name name, ord smallint, type text, is_editable boolean)
language sql stable set search_path = '' as $$
  select a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
         case p_setting
           when 'limits' then true
           when 'retention' then a.attname <> 'description'
           -- The pipeline itself writes the other columns.
           when 'providers' then
             a.attname in ('requests_per_minute', 'request_burst', 'tokens_per_minute', 'token_burst')
           -- The stage's place in the sequence belongs to its code.
           when 'stages' then a.atttypid in ('smallint'::regtype, 'real'::regtype)
             and a.attname <> 'requests_per_message'
         end
  from pg_catalog.pg_attribute a
  where a.attrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and a.attnum > 0
    and not a.attisdropped and a.attname <> pipeline_internal.setting_key(p_setting)
$$;
comment on function pipeline_internal.setting_columns is
  'The columns of a table of settings but its key, and whether the console may change them.';

create function pipeline_internal.setting_rules(p_setting text)
returns table (columns name[], rule text, expression text)
language sql stable set search_path = '' as $$
  select array(
           select a.attname from pg_catalog.pg_attribute a
           where a.attrelid = c.conrelid and a.attnum = any (c.conkey) order by a.attnum),
         coalesce(
           obj_description(c.oid, 'pg_constraint'),
           replace(regexp_replace(
             pg_get_expr(c.conbin, c.conrelid, true), '::(double precision|numeric|real|integer|bigint|smallint|text)',
               '',
             'g'), ' AND ', ' and ')),
         pg_get_expr(c.conbin, c.conrelid)
  from pg_catalog.pg_constraint c
  where c.conrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and c.contype = 'c'
    and c.conkey <> array(
      select a.attnum from pg_catalog.pg_attribute a
      where a.attrelid = c.conrelid and a.attname = pipeline_internal.setting_key(p_setting))
  order by cardinality(c.conkey), c.conname
$$;
comment on function pipeline_internal.setting_rules is
  'The check constraints of a table of settings: their columns, the constraint''s comment or else its expression for '
  'people, and the expression.';

create function pipeline_internal.setting_value_fault(p_setting text, p_column text, p_value jsonb) returns text
language plpgsql stable set search_path = '' as $$
declare
  v_column pg_catalog.pg_attribute;
  v_category "char";
begin
  select a.* into strict v_column from pg_catalog.pg_attribute a
  where a.attrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and a.attname = p_column;
  select t.typcategory into v_category from pg_catalog.pg_type t where t.oid = v_column.atttypid;
  if p_value is null or jsonb_typeof(p_value) = 'null' then
    return case when v_column.attnotnull then 'must have a value' end;
  elsif v_category = 'N' and jsonb_typeof(p_value) <> 'number' then
    return 'must be a number';
  elsif v_category = 'B' and jsonb_typeof(p_value) <> 'boolean' then
    return 'must be true or false';
  elsif v_category = 'S' and jsonb_typeof(p_value) <> 'string' then
    return 'must be a text';
  elsif v_category = 'A' and (jsonb_typeof(p_value) <> 'array'
      or jsonb_path_exists(p_value, 'strict $[*] ? (@.type() != "string")')) then
    return 'must be a list of texts';
  end if;
  execute format(
    'select (jsonb_populate_record(null::pipeline_internal.%I, $1)).%I', p_setting, p_column)
    using jsonb_build_object(p_column, p_value);
  return null;
exception
  when numeric_value_out_of_range then
    return 'is too large or too small for ' || format_type(v_column.atttypid, v_column.atttypmod);
  when invalid_text_representation then
    return 'must be a whole number';
end $$;
comment on function pipeline_internal.setting_value_fault is
  'Why a value does not fit the type of a column of settings; null if it does.';

create function pipeline_internal.setting_faults(p_setting text, p_row jsonb, p_columns text[])
returns table (column_name text, fault text)
language plpgsql stable set search_path = '' as $$
declare
  v_rule record;
  v_is_kept boolean;
begin
  return query
    select c, f from unnest(p_columns) c, pipeline_internal.setting_value_fault(p_setting, c, p_row -> c) f
    where f is not null;
  if found then return; end if;
  for v_rule in select * from pipeline_internal.setting_rules(p_setting) loop
    execute format(
      'select coalesce((%s), true) from jsonb_populate_record(null::pipeline_internal.%I, $1)',
      v_rule.expression, p_setting) into v_is_kept using p_row;
    if not v_is_kept then
      return query select c, 'must satisfy: ' || v_rule.rule from unnest(p_columns) c where c = any (v_rule.columns);
    end if;
  end loop;
end $$;
comment on function pipeline_internal.setting_faults is
  'What is wrong with the new values of these columns (p_row: the whole row), by column: values that do not fit their '
  'types, or else the rules that they break.';

create function pipeline_console.settings(p_setting text)
returns table (
  row_key text, column_name text, type text, value jsonb, default_value jsonb, description text, rules text[],
  choices text[], is_editable boolean, is_nullable boolean, version text
)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_key name := pipeline_internal.setting_key(p_setting);
  v_rows jsonb[];
  v_defaults jsonb := jsonb_build_object();
  v_column record;
begin
  perform pipeline_access.require_console_role('viewer');
  if v_key is null then
    raise exception 'Unknown setting: %.', coalesce(p_setting, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Settings: limits, retention, stages, providers.';
  end if;
  execute format('select array_agg(to_jsonb(t) order by t.%I) from pipeline_internal.%I t', v_key, p_setting)
    into v_rows;
  for v_column in
    select a.attname, pg_get_expr(d.adbin, d.adrelid) as expression
    from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where d.adrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting))
      and p_setting = 'limits'
  loop
    execute format('select $1 || jsonb_build_object($2, %s)', v_column.expression) into v_defaults
      using v_defaults, v_column.attname;
  end loop;
  return query
    select r.row ->> v_key, c.column_name::text, c.type, r.row -> c.column_name,
           case when p_setting = 'limits' then coalesce(v_defaults -> c.column_name, 'null') end,
           coalesce(
             r.row ->> 'description',
             col_description(to_regclass('pipeline_internal.' || quote_ident(p_setting)), c.ord)),
           array(select u.rule from pipeline_internal.setting_rules(p_setting) u where c.column_name = any (u.columns)),
           case when p_setting = 'limits' and c.column_name = 'allowed_mime_types'
             then array(select t.mime from pipeline_internal.file_types t order by t.mime) end,
           c.is_editable,
           not (select a.attnotnull from pg_catalog.pg_attribute a
                where a.attrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and a.attnum = c.ord),
           md5((r.row -> c.column_name)::text)
    from unnest(v_rows) with ordinality r ("row", ord)
    cross join pipeline_internal.setting_columns(p_setting) c
    order by r.ord, c.ord;
end $$;
comment on function pipeline_console.settings is
  'One row for each column of each row of limits, retention, stages or providers: its value, default (of limits), '
  'meaning, rules, and a version that change_settings compares. '
  '@nullable default_value, description, choices.';
select pipeline_internal.open_to_console('pipeline_console.settings');

create function pipeline_internal.refuse_settings(p_faults jsonb) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_faults is not null then
    raise exception '%', (
      select string_agg(f.key || ' ' || f.value, '; ' order by f.key) || '.' from jsonb_each_text(p_faults) f)
      using errcode = 'invalid_parameter_value', detail = p_faults::text;
  end if;
end $$;
comment on function pipeline_internal.refuse_settings is
  '@throws invalid_parameter_value if there are faults (column → fault), with them as its detail.';

create function pipeline_internal.allow_mime_types(p_mimes text[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_unknown text[] := array(
    select m from unnest(p_mimes) m where m not in (select t.mime from pipeline_internal.file_types t));
begin
  perform pipeline_internal.refuse_settings(case
    when p_mimes = '{}' then '{"allowed_mime_types": "must name at least one type"}'::jsonb
    when v_unknown <> '{}' then jsonb_build_object(
      'allowed_mime_types', 'has types that the pipeline does not know: ' || array_to_string(v_unknown, ', '))
  end);
  perform pipeline_internal.allow_file_types(
    array(select t.extension from pipeline_internal.file_types t where t.mime = any (p_mimes)));
end $$;
comment on function pipeline_internal.allow_mime_types is
  'allow_file_types by MIME type. @throws invalid_parameter_value for an unknown type, or for none.';

create function pipeline_console.change_settings(p_setting text, p_changes jsonb, p_row text default null) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_key name := pipeline_internal.setting_key(p_setting);
  v_columns text[];
  v_old jsonb;
  v_new jsonb;
  v_faults jsonb;
begin
  perform pipeline_access.require_console_role('operator');
  v_columns := array(select jsonb_object_keys(p_changes) order by 1);
  if v_key is null or v_columns = '{}' then
    raise exception 'There is nothing to change in %.', coalesce(p_setting, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Settings: limits, retention, stages, providers.';
  end if;
  select jsonb_object_agg(c, case when e.column_name is null then 'cannot be changed here' else 'has no new value' end)
  into v_faults
  from unnest(v_columns) c
  left join pipeline_internal.setting_columns(p_setting) e on e.column_name = c and e.is_editable
  where e.column_name is null or not p_changes -> c ? 'value';
  perform pipeline_internal.refuse_settings(v_faults);

  execute format('select to_jsonb(t) from pipeline_internal.%I t where t.%I::text = $1 for update', p_setting, v_key)
    into v_old using coalesce(p_row, 'true');
  if v_old is null then
    raise exception 'There is no row % in %.', p_row, p_setting using errcode = 'invalid_parameter_value';
  end if;
  select jsonb_object_agg(c, v_old -> c) into v_faults
  from unnest(v_columns) c where p_changes -> c ->> 'version' is distinct from md5((v_old -> c)::text);
  if v_faults is not null then
    raise exception 'Changed meanwhile: %. Nothing was saved.',
      (select string_agg(format('%s is %s now', f.key, f.value), ', ' order by f.key) from jsonb_each(v_faults) f)
      using errcode = 'PT409', detail = v_faults::text, hint = 'Look at the present values and decide again.';
  end if;

  v_new := v_old || (select jsonb_object_agg(c, p_changes -> c -> 'value') from unnest(v_columns) c);
  select jsonb_object_agg(f.column_name, f.fault) into v_faults from (
    select f.column_name, string_agg(f.fault, '; ' order by f.ord) as fault
    from pipeline_internal.setting_faults(p_setting, v_new, v_columns) with ordinality f (column_name, fault, ord)
    group by 1) f;
  perform pipeline_internal.refuse_settings(v_faults);

  if p_setting = 'limits' and 'allowed_mime_types' = any (v_columns) then
    perform pipeline_internal.allow_mime_types(array(select jsonb_array_elements_text(v_new -> 'allowed_mime_types')));
    v_columns := array_remove(v_columns, 'allowed_mime_types');
  end if;
  if v_columns <> '{}' then
    execute format(
      'update pipeline_internal.%1$I t
         set (%2$s) = (select %2$s from jsonb_populate_record(null::pipeline_internal.%1$I, $1))
       where t.%3$I::text = $2',
      p_setting, (select string_agg(quote_ident(c), ', ') from unnest(v_columns) c), v_key)
      using v_new, coalesce(p_row, 'true');
  end if;
end $$;
comment on function pipeline_console.change_settings is
  'Changes columns of one row (of limits: null) together. p_changes: {"column": {"value": …, "version": …}}, with the '
  'version that settings answered. @throws invalid_parameter_value for values that are refused, PT409 if another '
  'operator changed one of the columns since; its detail is an object with an entry for each column.';
select pipeline_internal.open_to_console('pipeline_console.change_settings');

create function pipeline_console.setting_changes(p_setting text, p_limit int default 20)
returns table (
  happened_at timestamptz, operator text, row_key text, columns text[], before jsonb, after jsonb
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select a.happened_at, coalesce(u.email::text, a.database_role::text),
           coalesce(a.user_id::text, (select min(k.value) from jsonb_each_text(a.details -> 'row') k)),
           array(select jsonb_array_elements_text(a.details -> 'columns')), a.details -> 'from', a.details -> 'to'
    from pipeline_internal.audit_log a
    left join auth.users u on u.id = a.operator_id
    where a.action = 'setting_changed' and a.details ->> 'setting' = p_setting
    order by a.happened_at desc
    limit least(coalesce(p_limit, 20), 100);
end $$;
comment on function pipeline_console.setting_changes is
  'The latest changes of a table of settings: who (an operator''s address, or the database role), which row and '
  'columns, and their values before and after. '
  '@nullable operator, row_key, before, after.';
select pipeline_internal.open_to_console('pipeline_console.setting_changes');

create function pipeline_internal.user_budget_version(p_user_id uuid) returns text
language sql stable set search_path = '' as $$
  select md5(coalesce((select coalesce(b.monthly_cents::text, 'unlimited') from pipeline_internal.user_budgets b
                       where b.user_id = p_user_id), 'default'))
$$;

create function pipeline_console.user_budgets(
  p_user text default null, p_after uuid default null, p_limit int default 50
)
returns table (
  user_id uuid, kind text, monthly_cents numeric, spent_cents numeric, reserved_cents numeric, version text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select u.user_id,
           case when b.user_id is null then 'default' when b.monthly_cents is null then 'unlimited' else 'own' end,
           pipeline_internal.budget_of(u.user_id), spent.cents,
           pipeline_internal.committed_cents(u.user_id) - spent.cents,
           pipeline_internal.user_budget_version(u.user_id)
    from (
      select b.user_id from pipeline_internal.user_budgets b
      where p_user is null and (p_after is null or b.user_id > p_after)
      union all
      select a.id from auth.users a
      where a.deleted_at is null and (a.id::text = lower(btrim(p_user)) or a.email = lower(btrim(p_user)))
      order by 1
      limit least(coalesce(p_limit, 50), 200)) u
    left join pipeline_internal.user_budgets b on b.user_id = u.user_id
    cross join lateral (select pipeline_internal.spent_cents(u.user_id) as cents) spent
    order by u.user_id;
end $$;
comment on function pipeline_console.user_budgets is
  'The monthly budgets of users who have one of their own, or of one user (p_user: an id or an address), with what is '
  'charged and reserved this month, in US cents. p_after: the last user_id of the page before. '
  '@nullable monthly_cents.';
select pipeline_internal.open_to_console('pipeline_console.user_budgets');

create function pipeline_console.change_user_budget(
  p_user_id uuid, p_kind text, p_version text, p_monthly_cents numeric default null
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  -- Also the order of locks: the user before the user's rows.
  perform from auth.users u where u.id = p_user_id and u.deleted_at is null for key share;
  if not found then
    raise exception 'Unknown user: %.', p_user_id using errcode = 'invalid_parameter_value';
  elsif p_kind is null or p_kind not in ('default', 'unlimited', 'own') then
    raise exception 'Unknown kind of budget: %.', coalesce(p_kind, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Kinds: default, unlimited, own.';
  elsif p_kind = 'own' and (p_monthly_cents is null or not p_monthly_cents between 0 and 1e12) then
    raise exception 'The budget must be between 0 and 10,000,000,000 US dollars.' using
      errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.user_budgets:' || p_user_id, 0));
  if pipeline_internal.user_budget_version(p_user_id) is distinct from p_version then
    raise exception 'The budget of this user was changed meanwhile. Nothing was saved.' using
      errcode = 'PT409', hint = 'Look at the present budget and decide again.';
  end if;

  if p_kind = 'default' then
    delete from pipeline_internal.user_budgets b where b.user_id = p_user_id;
  else
    insert into pipeline_internal.user_budgets as b (user_id, monthly_cents)
    values (p_user_id, case p_kind when 'own' then p_monthly_cents end)
    on conflict (user_id) do update set monthly_cents = excluded.monthly_cents;
  end if;
end $$;
comment on function pipeline_console.change_user_budget is
  'Gives a user a monthly budget of their own (US cents), none (unlimited), or again that of all users (default). '
  'p_version: what user_budgets answered. @throws invalid_parameter_value; PT409 if it was changed since.';
select pipeline_internal.open_to_console('pipeline_console.change_user_budget');

revoke execute on function
  pipeline_internal.setting_key, pipeline_internal.setting_columns, pipeline_internal.setting_rules,
  pipeline_internal.setting_value_fault, pipeline_internal.setting_faults, pipeline_internal.refuse_settings,
  pipeline_internal.allow_mime_types, pipeline_internal.user_budget_version
  from public, anon, authenticated, service_role;
