-- Once Auth has made its tables. May run again.

grant all on all tables in schema auth to postgres, dashboard_user;
grant all on all sequences in schema auth to postgres, dashboard_user;

-- REST reads the catalogue of auth's tables on the role that users come in by.
grant usage on schema auth to authenticator;
grant select on all tables in schema auth to authenticator;

-- Auth also makes a migration history of its own shape, in the place where the Supabase CLI keeps its own.
do $$
begin
  if exists (
    select from pg_catalog.pg_namespace
    where nspname = 'supabase_migrations' and nspowner = 'supabase_auth_admin'::regrole
  ) then
    drop schema supabase_migrations cascade;
  end if;
end $$;

insert into platform_emulation.finished_steps (step) values ('auth') on conflict do nothing;
