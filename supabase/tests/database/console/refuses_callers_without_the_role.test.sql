-- Calls every function of the schema, from the catalogue, so that a new one is tested as well. A function that is
-- stable reads, and a viewer may call it; any other acts, and needs an operator.
begin;
select plan(16);

-- Each with null for every argument: the role is checked before any of them.
create temporary table functions as
  select p.oid, p.oid::regprocedure::text as signature, p.provolatile = 's' as reads, p.prosecdef, p.proconfig,
         format('select * from %s(%s)', p.oid::regproc, (
           select coalesce(string_agg('null::' || t::regtype, ', ' order by ord), '')
           from unnest(p.proargtypes) with ordinality a (t, ord))) as call
  from pg_proc p where p.pronamespace = 'pipeline_console'::regnamespace;
grant select on functions to public;

select cmp_ok((select count(*) from functions), '>=', 1::bigint, 'finds functions in the catalogue');
select is_empty(
  $$select signature from functions where not coalesce(proconfig @> array['search_path=""'], false)$$,
  'sets an empty search_path on every function');
select is_empty('select signature from functions where not prosecdef', 'runs every function as its owner');
select is_empty(
  $$
    select signature, r.rolname from functions f, pg_roles r
    where r.rolname in ('anon', 'service_role', 'authenticator') and has_function_privilege(r.oid, f.oid, 'execute')
    union all
    select signature, 'public' from functions f where has_function_privilege('public', f.oid, 'execute')
    union all
    select signature, 'missing: authenticated' from functions f
    where not has_function_privilege('authenticated', f.oid, 'execute')
  $$, 'lets authenticated call every function, and no other role of a request');
select is_empty(
  $$select signature from functions f join pg_proc p using (oid)
    where p.proowner not in ('pipeline_monitoring'::regrole, current_user::regrole)$$,
  'runs every function with the rights of the monitoring role or of the pipeline''s owner');
select is_empty(
  $$select r.rolname from pg_roles r
    where r.rolname in ('anon', 'authenticated', 'service_role', 'pipeline_monitoring')
      and has_schema_privilege(r.oid, 'pipeline_console', 'create')$$,
  'lets no role of a request, and not the monitoring role, create functions there');

-- How each function refuses the caller, in order; null if it does not.
create function pg_temp.refusals() returns table (signature text, reads boolean, refusal text)
language plpgsql as $$
declare
  v_call text;
begin
  for signature, reads, v_call in select f.signature, f.reads, f.call from functions f order by 1 loop
    refusal := null;
    begin
      execute v_call;
    exception
      when insufficient_privilege then refusal := sqlerrm;
      -- The function began, and null is no argument for it.
      when others then null;
    end;
    return next;
  end loop;
end $$;
create function pg_temp.refused(p_role text default 'viewer') returns setof text
language sql as $$
  select format('%s: %s', signature, coalesce(refusal, 'not refused')) from pg_temp.refusals()
  where refusal is distinct from format('This needs the role %s.', case when reads then 'viewer' else 'operator' end)
$$;

create temporary table people as
  select tests.create_user() as plain, tests.create_operator('viewer') as viewer, tests.create_operator() as operator,
         tests.create_operator() as withdrawn, tests.create_operator() as banned, tests.create_operator() as deleted,
         tests.create_operator() as marked, tests.create_operator() as demoted;
grant select on people to public;
select pipeline_internal.set_console_role(email, 'none') from auth.users join people on withdrawn = id;
select pipeline_internal.set_console_role(email, 'viewer') from auth.users join people on demoted = id;
update auth.users set banned_until = now() + interval '1 day' where id = (select banned from people);
update auth.users set deleted_at = now() where id = (select marked from people);
delete from auth.users where id = (select deleted from people);

select tests.act_as_anon();
select is_empty(
  $$select signature from pg_temp.refusals()
    where refusal is null or refusal !~ '^permission denied for (schema|function)'$$, 'refuses an anonymous caller');
select tests.act_in_console(plain, null) from people;
select is_empty('select pg_temp.refused()', 'refuses a user without a role');
select tests.act_in_console(plain) from people;
select is_empty('select pg_temp.refused()', 'refuses a user whose row has no role, whatever the token claims');
select tests.act_in_console(operator, null) from people;
select is_empty('select pg_temp.refused()', 'refuses a user whose token does not claim the role');
select tests.act_in_console(withdrawn) from people;
select is_empty('select pg_temp.refused()', 'refuses a user whose role was withdrawn after the token was issued');
select tests.act_in_console(banned) from people;
select is_empty('select pg_temp.refused()', 'refuses a banned user');
select tests.act_in_console(marked) from people;
select is_empty('select pg_temp.refused()', 'refuses a user whom Auth marks as deleted');
select tests.act_in_console(deleted) from people;
select is_empty('select pg_temp.refused()', 'refuses the token of a deleted account');
select tests.act_in_console(demoted) from people;
select is_empty(
  $$select signature, refusal from pg_temp.refusals()
    where refusal is distinct from case when not reads then 'This needs the role operator.' end$$,
  'lets a viewer read, and refuses acts, although the token still claims operator');
select tests.act_in_console(operator) from people;
select is_empty('select signature, refusal from pg_temp.refusals() where refusal is not null',
  'lets an operator read and act');

select * from finish();
rollback;
