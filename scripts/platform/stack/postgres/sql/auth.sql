-- The schema auth before Auth has made its tables: who may do what in it.

-- Auth makes its tables at its first start and checks for its schemas on the way.
grant create on database postgres to supabase_auth_admin;

set role supabase_auth_admin;

-- postgres may read and change users, refer to them and put triggers on them; it owns nothing here.
alter default privileges in schema auth grant all on tables to postgres, dashboard_user;
alter default privileges in schema auth grant all on sequences to postgres, dashboard_user;
alter default privileges in schema auth grant all on functions to postgres, dashboard_user;

reset role;
