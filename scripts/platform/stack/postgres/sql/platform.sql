-- What hosted Supabase does outside of SQL, with its supautils library, done here by event triggers: postgres may
-- manage policies and triggers on tables that it does not own, and use extensions that only a superuser can own in
-- full.

create schema platform_emulation;

create table platform_emulation.finished_steps (
  step text primary key
);
comment on table platform_emulation.finished_steps is
  'Steps of a new database''s setup that are complete, so that a start knows what an interrupted one left undone.';

create function platform_emulation.lend_ownership() returns event_trigger
language plpgsql security definer set search_path = '' as $$
begin
  if session_user = 'postgres' then
    grant supabase_storage_admin, supabase_auth_admin, supabase_realtime_admin to postgres with inherit true, set false;
  end if;
end $$;
comment on function platform_emulation.lend_ownership is
  'For the length of one command, postgres counts as an owner of the tables of auth, storage and realtime.';

create function platform_emulation.take_ownership_back() returns event_trigger
language plpgsql security definer set search_path = '' as $$
begin
  if session_user = 'postgres' then
    revoke supabase_storage_admin, supabase_auth_admin, supabase_realtime_admin from postgres;
  end if;
end $$;
comment on function platform_emulation.take_ownership_back is
  'Ends what lend_ownership began. A command that fails never gets here, but takes the loan back as it rolls back.';

create event trigger lend_ownership on ddl_command_start
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'ALTER TRIGGER', 'DROP TRIGGER')
  execute function platform_emulation.lend_ownership();
create event trigger take_ownership_back on ddl_command_end
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'ALTER TRIGGER', 'DROP TRIGGER')
  execute function platform_emulation.take_ownership_back();

create function platform_emulation.open_pg_cron() returns event_trigger
language plpgsql security definer set search_path = '' as $$
begin
  if to_regnamespace('cron') is null then
    return;
  end if;
  grant usage on schema cron to postgres with grant option;
  grant all on all functions in schema cron to postgres with grant option;
  grant all on all tables in schema cron to postgres with grant option;
  grant all on all sequences in schema cron to postgres with grant option;
end $$;
comment on function platform_emulation.open_pg_cron is
  'pg_cron writes its tables as the extension''s owner. Here that is postgres, but the tables belong to the superuser.';

create event trigger open_pg_cron on ddl_command_end
  when tag in ('CREATE EXTENSION')
  execute function platform_emulation.open_pg_cron();
