-- The console's access for operators. Its page calls these functions through the Data API as the signed-in user, whose
-- role is in app_metadata, which users cannot write. No key of the service is ever in a browser.

create schema pipeline_console;
comment on schema pipeline_console is
  'Functions of the operators'' console. The Data API exposes this schema; every function refuses callers without the '
  'role that it needs. A function that is stable reads, any other acts. A comment names the columns that can be null: '
  '@nullable column, column[] (elements of an array).';
revoke all on schema pipeline_console from public;
grant usage on schema pipeline_console to authenticated, pipeline_monitoring;
grant usage on schema pipeline_access to pipeline_monitoring;

create function pipeline_internal.console_role(p_user_id uuid) returns text
language sql stable set search_path = '' as $$
  select u.raw_app_meta_data ->> 'pipeline_role' from auth.users u
  where u.id = p_user_id and u.deleted_at is null and (u.banned_until is null or u.banned_until < now())
$$;
comment on function pipeline_internal.console_role is
  'The console''s role of a user: viewer, operator, or null. Null also for a banned or deleted user.';

create function pipeline_access.require_console_role(p_role text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_claimed text := auth.jwt() -> 'app_metadata' ->> 'pipeline_role';
  v_roles constant text[] :=
    case p_role when 'viewer' then '{viewer,operator}'::text[] when 'operator' then '{operator}' end;
begin
  -- The claim was true when the token was issued, the user's row says whether it still is.
  if v_claimed = any (v_roles) and pipeline_internal.console_role(auth.uid()) = any (v_roles) then
    return auth.uid();
  end if;
  -- The Data API answers 403.
  raise exception 'This needs the role %.', p_role using
    errcode = 'insufficient_privilege',
    hint = 'An operator of the project gives it: npm run pipeline -- role EMAIL ' || p_role
           || '. After that, sign in again.';
end $$;
comment on function pipeline_access.require_console_role is
  'The caller''s id, if the token and the user''s row both have the role: viewer, which operator includes, or '
  'operator. @throws insufficient_privilege otherwise. Runs as its owner, to read the user''s row.';
revoke execute on function pipeline_internal.console_role, pipeline_access.require_console_role
  from public, anon, authenticated, service_role;
grant execute on function pipeline_access.require_console_role to pipeline_monitoring;

create function pipeline_internal.record_console_act(
  p_action text, p_subject_id uuid default null, p_details jsonb default '{}', p_user_id uuid default null
) returns void
language plpgsql set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('operator');
  perform pipeline_internal.record_audit_entry(
    p_action,
    coalesce(
      p_user_id,
      (select j.user_id from upload_pipeline.upload_jobs j
       where j.job_id = p_subject_id or j.document_id = p_subject_id)),
    p_subject_id, p_actor => 'operator', p_details => jsonb_strip_nulls(p_details));
end $$;
comment on function pipeline_internal.record_console_act is
  'Writes the audit entry of an act in the console: the operator, what was done, and to which document or job, or '
  'which user. Details without personal data. What the act calls may write entries of its own, which name the operator '
  'as well. @throws insufficient_privilege outside the console.';
revoke execute on function pipeline_internal.record_console_act from public, anon, authenticated, service_role;

create function pipeline_internal.open_to_console(p_function regproc, p_reads_monitoring boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  execute format('revoke all on function %s from public, anon, authenticated, service_role', p_function);
  execute format('grant execute on function %s to authenticated', p_function);
  if p_reads_monitoring then
    -- Postgres demands this right of the owner-to-be; nothing may be created there with it afterwards.
    grant create on schema pipeline_console to pipeline_monitoring;
    execute format('alter function %s owner to pipeline_monitoring', p_function);
    revoke create on schema pipeline_console from pipeline_monitoring;
  end if;
end $$;
comment on function pipeline_internal.open_to_console is
  'Lets signed-in users call a function of the console. With p_reads_monitoring the function runs with the rights of '
  'pipeline_monitoring, which may only read that schema, instead of the owner''s. Migrations call this once for each '
  'function.';
revoke execute on function pipeline_internal.open_to_console from public, anon, authenticated, service_role;

-- Roles. A user has at most one.

create function pipeline_internal.set_console_role(p_email text, p_role text) returns text
language plpgsql set search_path = '' as $$
declare
  v_user_ids uuid[];
  v_before text;
begin
  if p_role is null or p_role not in ('viewer', 'operator', 'none') then
    raise exception 'Unknown role: %.', coalesce(p_role, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Roles: viewer, operator; none withdraws the role.';
  end if;
  select array_agg(u.id) into v_user_ids from auth.users u where u.email = lower(p_email) and u.deleted_at is null;
  if v_user_ids is null or cardinality(v_user_ids) > 1 then
    raise exception '% users have the address %.', coalesce(cardinality(v_user_ids), 0), p_email using
      errcode = 'no_data_found', hint = 'The user signs up first. One address must be one user''s.';
  end if;

  select u.raw_app_meta_data ->> 'pipeline_role' into v_before from auth.users u where u.id = v_user_ids[1] for update;
  if coalesce(v_before, 'none') <> p_role then
    update auth.users u
    set raw_app_meta_data = case p_role
          when 'none' then u.raw_app_meta_data - 'pipeline_role'
          else coalesce(u.raw_app_meta_data, '{}') || jsonb_build_object('pipeline_role', p_role) end
    where u.id = v_user_ids[1];
    perform pipeline_internal.record_audit_entry('role_changed', v_user_ids[1], p_actor => 'operator',
      p_details => jsonb_build_object('from', coalesce(v_before, 'none'), 'to', p_role));
  end if;
  return v_before;
end $$;
comment on function pipeline_internal.set_console_role is
  'Gives a user the console''s role viewer (reads) or operator (also acts), or withdraws it (none), and writes an '
  'audit entry. Returns the role before, or null. A withdrawn role ends at once; a given one begins with the next '
  'sign-in. @throws no_data_found if not exactly one user has the address; invalid_parameter_value for another role.';
revoke execute on function pipeline_internal.set_console_role from public, anon, authenticated, service_role;

create view pipeline_monitoring.console_roles as
select u.id as user_id, u.email, u.raw_app_meta_data ->> 'pipeline_role' as role,
       u.deleted_at is null and (u.banned_until is null or u.banned_until < now()) as is_in_force, u.last_sign_in_at
from auth.users u
where u.raw_app_meta_data ? 'pipeline_role';
comment on view pipeline_monitoring.console_roles is
  'Who has a role in the console, and whether it is in force: it is not while the user is banned or deleted.';
grant select on pipeline_monitoring.console_roles to pipeline_monitoring, service_role;

create function pipeline_console.pulse() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return concat_ws(
    ' ',
    (select last_value from upload_pipeline.events_event_no_seq),
    (select last_value from pipeline_internal.audit_log_audit_no_seq),
    (select max(a.opened_at) from pipeline_internal.alerts a),
    (select max(a.closed_at) from pipeline_internal.alerts a),
    (select r.counted_to from pipeline_internal.roll_up r));
end $$;
comment on function pipeline_console.pulse is
  'Changes whenever a document has moved, an act was audited, an alert opened or closed, or events were counted. Cheap '
  'enough to be read every second.';
select pipeline_internal.open_to_console('pipeline_console.pulse');
