-- The console's audit log.

create function pipeline_internal.audit_kinds() returns table (actor text, action text)
language sql stable set search_path = '' as $$
  -- From one pair to the next through the index, whatever the number of entries.
  with recursive kinds as (
    (select a.actor, a.action from pipeline_internal.audit_log a order by a.actor, a.action limit 1)
    union all
    select next.actor, next.action
    from kinds k
    cross join lateral (
      select a.actor, a.action from pipeline_internal.audit_log a
      where (a.actor, a.action) > (k.actor, k.action) order by a.actor, a.action limit 1) next
  )
  select k.actor, k.action from kinds k
$$;
comment on function pipeline_internal.audit_kinds is 'The actors and actions that occur in the audit log.';

create function pipeline_internal.audit_page(
  p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamptz,
  p_to timestamptz, p_before_at timestamptz, p_before_no bigint, p_limit int
) returns setof pipeline_internal.audit_log
-- With incremental sorts, Postgres would read the whole log backwards by its time in search of a rare entry. Compiling
-- the branches that are not executed would take longer than the others.
language sql stable set search_path = '' set enable_incremental_sort = off set jit = off as $$
  with bounds as (
    select coalesce(p_from, '-infinity') as from_at, least(p_before_at, p_to, 'infinity') as to_at,
           -- Entries at this very moment are excluded, or those from this number on.
           case when p_before_at < coalesce(p_to, 'infinity') then coalesce(p_before_no, 0) else 0 end as to_no
  ), found as (
    -- Only the first of these that the filter allows is executed. Each reads one index in the order of the page.
    (select a.* from bounds b cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.subject_id = p_subject_id and a.happened_at >= b.from_at
         and (a.happened_at, a.audit_no) < (b.to_at, b.to_no)
         and (p_user_id is null or a.user_id = p_user_id) and (p_operator_id is null or a.operator_id = p_operator_id)
         and (p_action is null or a.action = p_action) and (p_actor is null or a.actor = p_actor)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a)
    union all
    (select a.* from bounds b cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.user_id = p_user_id and (a.user_id, a.happened_at) >= (p_user_id, b.from_at)
         and (a.user_id, a.happened_at, a.audit_no) < (p_user_id, b.to_at, b.to_no)
         and (p_operator_id is null or a.operator_id = p_operator_id)
         and (p_action is null or a.action = p_action) and (p_actor is null or a.actor = p_actor)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a
     where p_subject_id is null and p_user_id is not null)
    union all
    (select a.* from bounds b cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.operator_id = p_operator_id and a.happened_at >= b.from_at
         and (a.happened_at, a.audit_no) < (b.to_at, b.to_no)
         and (p_action is null or a.action = p_action) and (p_actor is null or a.actor = p_actor)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a
     where p_subject_id is null and p_user_id is null and p_operator_id is not null)
    union all
    -- An action may be rare among a million entries, so each kind is read for itself.
    (select a.* from bounds b cross join pipeline_internal.audit_kinds() k cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.actor = k.actor and a.action = k.action and a.happened_at >= b.from_at
         and (a.happened_at, a.audit_no) < (b.to_at, b.to_no)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a
     where p_subject_id is null and p_user_id is null and p_operator_id is null
       and (p_action is null or k.action = p_action) and (p_actor is null or k.actor = p_actor))
  )
  select * from found order by happened_at desc, audit_no desc limit p_limit
$$;
comment on function pipeline_internal.audit_page is
  'Entries of the audit log that agree with every filter that is not null, the latest first, before the given one.';
revoke execute on function pipeline_internal.audit_kinds, pipeline_internal.audit_page
  from public, anon, authenticated, service_role;

create function pipeline_console.audit_entries(
  p_action text default null, p_actor text default null, p_user_id uuid default null, p_operator_id uuid default null,
  p_subject_id uuid default null, p_from timestamptz default null, p_to timestamptz default null,
  p_before_at timestamptz default null, p_before_no bigint default null, p_limit int default 50
) returns table (
  audit_no bigint, happened_at timestamptz, action text, actor text, database_role text, operator_id uuid,
  operator_email text, user_id uuid, subject_id uuid, request_id text, network text, email_digest text, details jsonb,
  account_gone_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select a.audit_no, a.happened_at, a.action, a.actor, a.database_role::text, a.operator_id, u.email::text, a.user_id,
         a.subject_id, a.request_id, a.network::text, a.email_digest, a.details, a.account_gone_at
  from pipeline_internal.audit_page(
         p_action, p_actor, p_user_id, p_operator_id, p_subject_id, p_from, p_to, p_before_at, p_before_no,
         least(greatest(coalesce(p_limit, 50), 1), 200)) a
  left join auth.users u on u.id = a.operator_id
  order by a.happened_at desc, a.audit_no desc;
end $$;
comment on function pipeline_console.audit_entries is
  'The audit log as it is kept, the latest first, up to 200 entries. A filter that is null selects all; the page '
  'continues before the time and number of the entry that was last. Names the operator who acted in the console. '
  '@nullable database_role, operator_id, operator_email, user_id, subject_id, request_id, network, email_digest, '
  'account_gone_at';
select pipeline_internal.open_to_console('pipeline_console.audit_entries');

create function pipeline_console.audit_filters() returns table (actors text[], actions text[], operators jsonb)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  with recursive operator as (
    (select a.operator_id from pipeline_internal.audit_log a where a.operator_id is not null
     order by a.operator_id limit 1)
    union all
    select (select a.operator_id from pipeline_internal.audit_log a where a.operator_id > o.operator_id
            order by a.operator_id limit 1)
    from operator o where o.operator_id is not null
  )
  select array(select distinct k.actor from pipeline_internal.audit_kinds() k order by 1),
         array(select distinct k.action from pipeline_internal.audit_kinds() k order by 1),
         (select coalesce(jsonb_agg(jsonb_build_object('id', o.operator_id, 'email', u.email) order by u.email), '[]')
          from operator o join auth.users u on u.id = o.operator_id);
end $$;
comment on function pipeline_console.audit_filters is
  'The values by which the audit log can be filtered: actors, actions, and operators of the console as [{id, email}].';
select pipeline_internal.open_to_console('pipeline_console.audit_filters');
