-- The console's access for operators. Its page calls these functions through the Data API as the signed-in user, whose
-- role is in app_metadata, which users cannot write. No key of the service is ever in a browser.

create schema pipeline_console;
comment on schema pipeline_console is
  'Functions of the operators'' console. The Data API exposes this schema; every function refuses callers without the '
  'role that it needs.';
revoke all on schema pipeline_console from public;
grant usage on schema pipeline_console to authenticated;

create function pipeline_internal.console_role(p_user_id uuid) returns text
language sql stable set search_path = '' as $$
  select u.raw_app_meta_data ->> 'pipeline_role' from auth.users u
  where u.id = p_user_id and u.deleted_at is null and (u.banned_until is null or u.banned_until < now())
$$;
comment on function pipeline_internal.console_role is 'The console''s role of a user: viewer, operator, or null.';

create function pipeline_access.require_console_role(p_role text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_claimed text := auth.jwt() -> 'app_metadata' ->> 'pipeline_role';
  v_roles constant text[] := case p_role when 'viewer' then '{viewer,operator}'::text[] when 'operator' then '{operator}' end;
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

create function pipeline_console.pulse() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return concat_ws(
    ' ',
    (select last_value from upload_pipeline.events_event_no_seq),
    (select last_value from pipeline_internal.audit_log_audit_no_seq),
    (select max(a.opened_at) from pipeline_internal.alerts a),
    (select max(a.closed_at) from pipeline_internal.alerts a));
end $$;
comment on function pipeline_console.pulse is
  'Changes whenever a document has moved, an act was audited, or an alert opened or closed. Cheap enough to be read '
  'every second.';
revoke execute on function pipeline_console.pulse from public, anon, service_role;
grant execute on function pipeline_console.pulse to authenticated;
