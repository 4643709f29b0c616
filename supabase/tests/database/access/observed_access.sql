-- Reads the access rights from the catalogue and by trial, in the format of expected_access.sql.

-- The relations and functions to account for: all of these schemas, and the two tables of Storage.
create or replace function tests.access_schemas() returns regnamespace[]
language sql as $$
  select array['public', 'upload_pipeline', 'pipeline_access', 'pipeline_words', 'pipeline_search', 'pipeline_internal',
    'pipeline_console', 'pgmq', 'vault', 'cron', 'net']::regnamespace[]
$$;

-- The condition for a user's rows in a relation; null for a relation without owners.
create or replace function tests.owned_by(p_relation regclass, p_user_id uuid) returns text
language sql as $$
  select case
    when p_relation = 'storage.objects'::regclass then format('name like %L', 'user/' || p_user_id || '/%')
    when exists (
      select from pg_attribute where attrelid = p_relation and attname = 'user_id' and not attisdropped
    ) then format('user_id = %L', p_user_id) end
$$;

-- Runs a command as a role and returns the number of rows, or null for 42501. Its effects are rolled back.
create or replace function tests.rows_touched(p_role text, p_user_id uuid, p_command text) returns bigint
language plpgsql as $$
declare
  v_count bigint;
begin
  begin
    perform set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', p_role)::text, true),
            set_config('storage.allow_delete_query', 'true', true), set_config('role', p_role, true);
    execute p_command;
    get diagnostics v_count = row_count;
    raise exception using errcode = 'TOUCH';
  exception
    when sqlstate 'TOUCH' then return v_count;
    when insufficient_privilege then return null;
    -- The role had access, and a constraint or trigger stopped the command.
    when others then return 1;
  end;
end $$;

create or replace function tests.reach(
  p_relation regclass, p_operation text, p_role text, p_user_id uuid, p_victim_id uuid
) returns text
language plpgsql as $$
declare
  v_column text := (
    select quote_ident(attname) from pg_attribute
    where attrelid = p_relation and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''
    order by attnum limit 1);
  v_command text := case p_operation
    when 'select' then format('select from %s', p_relation)
    when 'update' then format('update %s set %s = %s', p_relation, v_column, v_column)
    when 'delete' then format('delete from %s', p_relation)
    when 'insert' then format('insert into %s default values', p_relation) end;
  v_condition text;
  v_own bigint := 0;
  v_foreign bigint := 0;
begin
  if p_relation = 'storage.objects'::regclass and p_operation = 'insert' then
    -- The upload paths of an awaited document of the user and of the victim.
    v_command := 'insert into storage.objects (bucket_id, name)
      select ''files'', raw_path from tests.waiting_paths where user_id = %L';
    v_own := tests.rows_touched(p_role, p_user_id, format(v_command, p_user_id));
    v_foreign := tests.rows_touched(p_role, p_user_id, format(v_command, p_victim_id));
  elsif p_operation = 'insert' then
    v_foreign := tests.rows_touched(p_role, p_user_id, v_command);
  else
    v_condition := tests.owned_by(p_relation, p_user_id);
    if v_condition is not null then
      v_own := tests.rows_touched(p_role, p_user_id, format('%s where %s', v_command, v_condition));
      v_command := format('%s where (%s) is not true', v_command, v_condition);
    end if;
    v_foreign := tests.rows_touched(p_role, p_user_id, v_command);
  end if;
  return case when v_foreign > 0 then 'all' when v_own > 0 then 'own' else 'none' end;
end $$;

-- What a role may do with a relation. In parentheses: a right that only a closed schema makes useless.
create or replace function tests.reaches(p_relation regclass, p_role text, p_user_id uuid, p_victim_id uuid)
  returns text
language sql as $$
  select coalesce(string_agg(
    case when not open.schema then '(' || operation || ')'
         -- Row-level security does not apply to truncate and references, so a role with the right has all of it.
         when operation in ('truncate', 'references') then operation
         else operation || ' ' || tests.reach(p_relation, operation, p_role, p_user_id, p_victim_id) end,
    ', ' order by ord), '')
  from pg_class c
  cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references'])
    with ordinality o (operation, ord)
  cross join lateral (select has_schema_privilege(p_role, c.relnamespace, 'usage')) open (schema)
  where c.oid = p_relation
    and (has_table_privilege(p_role, c.oid, operation)
         or (operation in ('select', 'insert', 'update', 'references')
           and has_any_column_privilege(p_role, c.oid, operation)))
    -- In schemas that are not ours, useless rights do not matter, and no request can truncate.
    and (c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace, 'public'::regnamespace)
         or (open.schema and operation not in ('truncate', 'references')))
$$;

-- Every relation with the rights of the four roles, as in expected_relations. The other user has no rows.
create or replace function tests.observed_relations(p_owner_id uuid, p_other_id uuid, p_victim_id uuid)
returns table (relation text, anon text, owner text, other_user text, service_role text)
language sql as $$
  select format('%s.%s', c.relnamespace::regnamespace, c.relname),
         tests.reaches(c.oid, 'anon', null, p_owner_id),
         tests.reaches(c.oid, 'authenticated', p_owner_id, p_victim_id),
         tests.reaches(c.oid, 'authenticated', p_other_id, p_owner_id),
         tests.reaches(c.oid, 'service_role', null, p_owner_id)
  from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and (c.relnamespace = any (tests.access_schemas())
      or c.oid in ('storage.objects'::regclass, 'storage.buckets'::regclass))
$$;

-- Every function with its callers. In parentheses: a right that only a closed schema makes useless.
create or replace function tests.observed_functions() returns table (function text, callers text)
language sql as $$
  select format('%s.%s', f.pronamespace::regnamespace, f.proname),
         coalesce(string_agg(distinct case when open.schema then role else '(' || role || ')' end, ', ')
           filter (where has_function_privilege(role, f.oid, 'execute')
                     and (open.schema or f.pronamespace = 'pipeline_internal'::regnamespace)), '')
  from pg_proc f
  cross join unnest(array['anon', 'authenticated', 'service_role']) role
  cross join lateral (select has_schema_privilege(role, f.pronamespace, 'usage')) open (schema)
  where f.pronamespace = any (tests.access_schemas())
  group by 1
$$;

create or replace function tests.observed_policies() returns setof text
language sql as $$
  select format('%s.%s: %s to %s', schemaname, tablename, lower(cmd), array_to_string(roles, ', '))
  from pg_policies
  where schemaname in ('public', 'upload_pipeline', 'pipeline_internal', 'storage', 'pgmq')
$$;

-- A schema that is not ours stands for its objects without a line of their own.
create or replace function tests.line_for(p_name text, p_lines text[]) returns text
language sql as $$
  select case when p_name = any (p_lines) then p_name
              when split_part(p_name, '.', 1) || '.*' = any (p_lines) then split_part(p_name, '.', 1) || '.*' end
$$;

-- Differences to the expectations, and expectations without an object; one sentence each.
create or replace function tests.unexpected_relations(p_owner_id uuid, p_other_id uuid, p_victim_id uuid)
  returns setof text
language sql as $$
  with seen as (
    select o.*, tests.line_for(o.relation, array(select relation from tests.expected_relations)) as line
    from tests.observed_relations(p_owner_id, p_other_id, p_victim_id) o)
  select format('%s has no line in expected_access.sql', relation) from seen where line is null
  union all
  select format('%s: %s may [%s], expected [%s]', seen.relation, who.name, who.observed, who.expected)
  from seen join tests.expected_relations e on e.relation = seen.line
  cross join lateral (values
    ('anon', seen.anon, e.anon), ('the owner', seen.owner, e.owner), ('another user', seen.other_user, e.other_user),
    ('service_role', seen.service_role, e.service_role)) who (name, observed, expected)
  where who.observed <> who.expected
  union all
  select format('%s is expected and not there', relation) from tests.expected_relations
  where relation not in (select relation from seen) and relation not like '%.*'
$$;
create or replace function tests.unexpected_functions() returns setof text
language sql as $$
  with seen as (
    select o.*, tests.line_for(o.function, array(select function from tests.expected_functions)) as line
    from tests.observed_functions() o)
  select format('%s() has no line in expected_access.sql', function) from seen where line is null
  union all
  select format('%s() may be called by [%s], expected [%s]', seen.function, seen.callers, e.callers)
  from seen join tests.expected_functions e on e.function = seen.line where seen.callers <> e.callers
  union all
  select format('%s() is expected and not there', function) from tests.expected_functions
  where function not in (select function from seen) and function not like '%.*'
$$;
create or replace function tests.unexpected_policies() returns setof text
language sql as $$
  select 'not expected: ' || p from tests.observed_policies() p
    where p not in (select policy from tests.expected_policies)
  union all
  select 'expected and not there: ' || policy from tests.expected_policies
  where policy not in (select tests.observed_policies())
$$;

-- Two users with a row in every table with users, and a third without any. A file waits in the folder of each of the
-- two.
create table if not exists tests.waiting_paths (user_id uuid, raw_path text);
grant select on tests.waiting_paths to public;
create or replace function tests.inhabit(out owner_id uuid, out other_id uuid, out victim_id uuid)
language plpgsql as $$
begin
  owner_id := tests.create_user('ada');
  victim_id := tests.create_user('bob');
  other_id := tests.create_user('eve');
  perform tests.complete_document(u, 'shared'), tests.register(u, 'replaced'), tests.register(u, 'waiting')
  from unnest(array[owner_id, victim_id]) u;
  insert into storage.objects (bucket_id, name)
  select 'files', raw_path from upload_pipeline.documents where filename = 'replaced.pdf'
    and user_id in (owner_id, victim_id);
  insert into net.http_request_queue (method, url, timeout_milliseconds) values ('GET', 'http://functions.test', 1);
  insert into net._http_response (id) values (0);
  insert into tests.waiting_paths
  select user_id, raw_path from upload_pipeline.documents where filename = 'waiting.pdf'
    and user_id in (owner_id, victim_id);
  perform tests.end_transaction();
end $$;
