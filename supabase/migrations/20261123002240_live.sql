-- Live status: each transaction that moves documents broadcasts one message to each of their owners over Supabase
-- Realtime. Triggers on what document_status is computed from note the moves, so that no path is forgotten; the last
-- thing that the transaction does is to number and send them. See docs/decisions/022.

alter table pipeline_internal.limits add column live_status boolean not null default true;
comment on column pipeline_internal.limits.live_status is
  'Whether Realtime broadcasts each move of a document to its owner. Without Realtime in the database, nothing is '
  'broadcast.';

create table upload_pipeline.live_events (
  user_id uuid not null,
  event_no bigint not null,
  -- The documents that the message is about. One that no longer exists was deleted.
  document_ids uuid[] not null,
  -- False: Realtime did not store the message, so no client received it.
  is_sent boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, event_no)
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05);
comment on table upload_pipeline.live_events is
  'One row for each message to a user: its number, and the documents in it. The numbers of a user have no gaps and '
  'ascend in the order of commits. A client that missed messages reads here which documents to read again.';
-- Without a foreign key to the user: its check would wait for a deletion of the account, which may wait for this
-- transaction. forget_live_events removes the rows of a deleted account.

alter table upload_pipeline.live_events enable row level security;
create policy "owners read their live events" on upload_pipeline.live_events
  for select to authenticated using (user_id = (select pipeline_access.caller_id()));
grant select on upload_pipeline.live_events to authenticated, service_role;

create function pipeline_internal.note_move(p_user_id uuid, p_document_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_noted text := current_setting('pipeline.moves', true);
  v_move text := p_user_id || '/' || p_document_id;
begin
  if v_noted <> '' then
    -- Most documents move several times in a row.
    if right(v_noted, 73) <> v_move then
      v_noted := set_config('pipeline.moves', v_noted || ',' || v_move, true);
    end if;
    return false;
  end if;
  v_noted := set_config('pipeline.moves', v_move, true);
  return true;
end $$;
comment on function pipeline_internal.note_move is
  'Notes in a setting of the transaction that a document moved; a rollback, also to a savepoint, takes the note back. '
  'True: it is the first note, so the transaction has to send at its end.';

create function pipeline_internal.live_payload(p_moves jsonb[]) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  -- Realtime drops a longer message; the limit of its smallest plan is 256 KB.
  v_max_length constant int := 200000;
  v_payload jsonb := p_moves[1];
  v_more jsonb;
  v_is_complete boolean := true;
begin
  -- A small one needs no check of its length as text.
  if cardinality(p_moves) = 1 and pg_column_size(p_moves) < 20000 then return v_payload; end if;
  if octet_length(v_payload::text) > v_max_length then
    v_payload := v_payload - '{warnings,last_error}'::text[];
    v_is_complete := false;
  end if;
  if cardinality(p_moves) > 1 then
    select coalesce(jsonb_agg(m.move order by m.place) filter (where m.is_kept), '[]'),
           v_is_complete and bool_and(m.is_kept)
      into v_more, v_is_complete
    from (
      select t.move, t.place,
             sum(octet_length(t.move::text) + 2) over (order by t.place)
               <= v_max_length - octet_length(v_payload::text) as is_kept
      from unnest(p_moves[2:]) with ordinality t (move, place)
    ) m;
    v_payload := v_payload || jsonb_build_object('more', v_more);
  end if;
  return case when v_is_complete then v_payload else v_payload || '{"incomplete": true}' end;
end $$;
comment on function pipeline_internal.live_payload is
  'One message of several moves: the first one''s, and the others in `more`. A message that would be too long leaves '
  'out the last moves, or the warnings and the error of the first, and says `incomplete`: the client then reads the '
  'documents of this number again.';

create view pipeline_internal.live_moves as
select
  s.document_id,
  jsonb_strip_nulls(jsonb_build_object(
    'document_id', s.document_id, 'status', s.status, 'state', s.state,
    'progress', jsonb_build_object('stage_pct', s.stage_pct, 'total_pct', s.total_pct),
    'warnings', nullif(s.warnings, '[]'), 'last_error', s.last_error)) as move
from upload_pipeline.document_status s;
comment on view pipeline_internal.live_moves is
  'What messages say about documents: what document_status shows. The status of one that has no row is `deleted`.';

create function pipeline_internal.broadcast_messages(
  p_user_ids uuid[], p_event_nos bigint[], p_payloads jsonb[]
) returns void
language plpgsql set search_path = '' as $$
declare
  v_topic text;
  v_unsent int[] := array[]::int[];
begin
  begin
    for i in 1 .. cardinality(p_user_ids) loop
      v_topic := 'user:' || p_user_ids[i];
      perform set_config('realtime.topic', '', true);
      perform realtime.send(
        p_payloads[i] || jsonb_build_object('event_no', p_event_nos[i]), 'document.status', v_topic, true);
      -- realtime.send catches its own errors; only a message that was stored leaves this setting behind.
      if current_setting('realtime.topic', true) is distinct from v_topic then
        v_unsent := v_unsent || i;
      end if;
    end loop;
  exception when others then
    raise warning 'the messages to % users were not sent: %', cardinality(p_user_ids), sqlerrm;
    v_unsent := array(select generate_series(1, cardinality(p_user_ids)));
  end;
  if cardinality(v_unsent) > 0 then
    update upload_pipeline.live_events e set is_sent = false
    from unnest(v_unsent) u (place)
    where e.user_id = p_user_ids[u.place] and e.event_no = p_event_nos[u.place];
  end if;
end $$;
comment on function pipeline_internal.broadcast_messages is
  'Sends numbered messages, the n-th of each array together. Those that Realtime does not store are marked as not '
  'sent, and a warning in the log says why; where Realtime cannot be called, that is all of them.';

create function pipeline_internal.send_move(p_user_id uuid, p_document_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  v_payload jsonb;
  v_event_no bigint;
begin
  select m.move into v_payload from pipeline_internal.live_moves m where m.document_id = p_document_id;
  v_payload := pipeline_internal.live_payload(
    array[coalesce(v_payload, jsonb_build_object('document_id', p_document_id, 'status', 'deleted'))]);
  select l.event_no into v_event_no from upload_pipeline.live_events l
  where l.user_id = p_user_id order by l.event_no desc limit 1;
  -- A deleted account receives nothing.
  if not found and not exists (select from auth.users u where u.id = p_user_id) then return; end if;
  insert into upload_pipeline.live_events (user_id, event_no, document_ids)
  values (p_user_id, 1 + coalesce(v_event_no, 0), array[p_document_id])
  returning event_no into v_event_no;
  perform pipeline_internal.broadcast_messages(array[p_user_id], array[v_event_no], array[v_payload]);
end $$;
comment on function pipeline_internal.send_move is
  'Numbers and sends the message of a transaction that has moved one document. Most have, and these small statements '
  'take less time than the one that send_moves has for any number of users.';

create function pipeline_internal.send_moves() returns trigger
language plpgsql security definer set search_path = ''
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  -- Read, then emptied.
  v_noted text := current_setting('pipeline.moves', true) || set_config('pipeline.moves', '', true);
  v_user_ids uuid[] := array[left(v_noted, 36)::uuid];
  v_document_ids uuid[] := array[right(v_noted, 36)::uuid];
  v_user_id uuid;
  v_event_nos bigint[];
  v_payloads jsonb[];
begin
  if to_regclass('realtime.messages') is null
     or not (select l.live_status from pipeline_internal.limits l) then
    return null;
  end if;
  if length(v_noted) > 73 then
    -- Both arrays in the order of the users, and the last move first.
    select array_agg(m.user_id order by m.user_id, m.place desc),
           array_agg(m.document_id order by m.user_id, m.place desc) into v_user_ids, v_document_ids
    from (
      select left(t.move, 36)::uuid as user_id, right(t.move, 36)::uuid as document_id, max(t.place) as place
      from string_to_table(v_noted, ',') with ordinality t (move, place)
      group by 1, 2
    ) m;
  end if;

  -- Held until the commit. Every transaction takes these locks last, and in this order. The statements after this one
  -- see what it has waited for.
  foreach v_user_id in array v_user_ids loop
    continue when pg_advisory_xact_lock(hashtextextended('pipeline_internal.live:' || v_user_id, 0)) is null;
  end loop;
  if cardinality(v_document_ids) = 1 then
    perform pipeline_internal.send_move(v_user_ids[1], v_document_ids[1]);
    return null;
  end if;

  with moved as (
    select d.user_id, array_agg(d.document_id order by d.place) as document_ids,
           pipeline_internal.live_payload(array_agg(
             coalesce(m.move, jsonb_build_object('document_id', d.document_id, 'status', 'deleted'))
             order by d.place)) as payload
    from unnest(v_user_ids, v_document_ids) with ordinality d (user_id, document_id, place)
    left join pipeline_internal.live_moves m using (document_id)
    group by d.user_id
  ), numbered as (
    insert into upload_pipeline.live_events (user_id, event_no, document_ids)
    select m.user_id, 1 + coalesce(e.event_no, 0), m.document_ids
    from moved m
    left join lateral (
      select l.event_no from upload_pipeline.live_events l
      where l.user_id = m.user_id order by l.event_no desc limit 1
    ) e on true
    where e.event_no is not null or exists (select from auth.users u where u.id = m.user_id)
    returning user_id, event_no
  )
  select array_agg(n.user_id), array_agg(n.event_no), array_agg(m.payload)
    into v_user_ids, v_event_nos, v_payloads
  from numbered n join moved m using (user_id);
  if v_user_ids is not null then
    perform pipeline_internal.broadcast_messages(v_user_ids, v_event_nos, v_payloads);
  end if;
  return null;
end $$;
comment on function pipeline_internal.send_moves is
  'Numbers and sends one message to each owner of the documents that the transaction has moved. If a message cannot be '
  'sent, its number stays used, so that the client sees a gap, and the transaction goes on. Nothing is numbered while '
  'the switch is off, or in a database without Realtime. Runs as its owner: Storage, Auth and users, in whose '
  'transactions documents move, have no rights on the pipeline.';

-- Deferred to the commit, and queued once a transaction: by the row that note_move takes the first note of.
create constraint trigger broadcast_first_status after insert on upload_pipeline.upload_jobs
  deferrable initially deferred for each row
  when (pipeline_internal.note_move(new.user_id, new.document_id))
  execute function pipeline_internal.send_moves();
create constraint trigger broadcast_move after update on upload_pipeline.upload_jobs
  deferrable initially deferred for each row
  when (case when old.status <> new.status or old.state <> new.state
               or old.last_error is distinct from new.last_error
               -- The percentages of document_status are made of this one.
               or 100 * old.units_done / nullif(old.units_total, 0)
                  is distinct from 100 * new.units_done / nullif(new.units_total, 0)
             then pipeline_internal.note_move(new.user_id, new.document_id) else false end)
  execute function pipeline_internal.send_moves();
create constraint trigger broadcast_warnings after update on upload_pipeline.documents
  deferrable initially deferred for each row
  when (case when old.warnings <> new.warnings
             then pipeline_internal.note_move(new.user_id, new.document_id) else false end)
  execute function pipeline_internal.send_moves();
create constraint trigger broadcast_deletion after delete on upload_pipeline.documents
  deferrable initially deferred for each row
  when (pipeline_internal.note_move(old.user_id, old.document_id))
  execute function pipeline_internal.send_moves();

create function pipeline_internal.open_live_topics() returns boolean
language plpgsql set search_path = '' as $$
declare
  v_names constant text[] := array[
    'pipeline: owners receive', 'pipeline: only owners receive', 'pipeline: no guests'];
begin
  if to_regclass('realtime.messages') is null then return false; end if;
  if (select count(*) from pg_catalog.pg_policy
      where polrelid = 'realtime.messages'::regclass and polname = any (v_names)) = cardinality(v_names) then
    return true;
  end if;

  drop policy if exists "pipeline: owners receive" on realtime.messages;
  create policy "pipeline: owners receive" on realtime.messages for select to authenticated
    using (extension = 'broadcast' and topic = 'user:' || (select pipeline_access.caller_id()));
  -- Restrictive: a policy of the project that admits everyone to every topic does not open these. Nobody sends.
  drop policy if exists "pipeline: only owners receive" on realtime.messages;
  create policy "pipeline: only owners receive" on realtime.messages as restrictive for all to authenticated
    using (topic !~ '^user:[0-9a-f-]{36}$' or topic = 'user:' || (select pipeline_access.caller_id()))
    with check (topic !~ '^user:[0-9a-f-]{36}$');
  drop policy if exists "pipeline: no guests" on realtime.messages;
  create policy "pipeline: no guests" on realtime.messages as restrictive for all to anon
    using (topic !~ '^user:[0-9a-f-]{36}$') with check (topic !~ '^user:[0-9a-f-]{36}$');
  return true;
exception when insufficient_privilege then
  return false;
end $$;
comment on function pipeline_internal.open_live_topics is
  'Creates the policies by which Realtime admits users to their own topic, if they are missing. False: Realtime has '
  'not prepared this database yet, which on hosted Supabase it does when the first client connects, or another role '
  'owns its tables.';
select pipeline_internal.open_live_topics();

create function pipeline_internal.live_report(
  out is_on boolean, out has_realtime boolean, out has_policies boolean, out unsent_count bigint
)
language plpgsql stable set search_path = '' as $$
begin
  is_on := (select l.live_status from pipeline_internal.limits l);
  has_realtime := to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null;
  has_policies := (
    select count(*) = 3 from pg_catalog.pg_policy
    where polrelid = to_regclass('realtime.messages') and polname like 'pipeline: %');
  unsent_count := (
    select count(*) from upload_pipeline.live_events
    where not is_sent and created_at > clock_timestamp() - interval '1 day');
end $$;
comment on function pipeline_internal.live_report is
  'What the doctor says about live status: the switch, whether Realtime is there, whether its policies are, and how '
  'many messages of the last day it did not store.';

create function pipeline_internal.forget_live_events() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from upload_pipeline.live_events where user_id = old.id;
  if has_table_privilege(to_regclass('realtime.messages'), 'delete') then
    execute 'delete from realtime.messages where topic = $1 and private and extension = $2'
    using 'user:' || old.id, 'broadcast';
  end if;
  return null;
end $$;
comment on function pipeline_internal.forget_live_events is
  'Removes the messages to a deleted user, and their numbers. Where the database''s owner may not delete Realtime''s '
  'messages, they go with its daily partitions, after three days. Runs as its owner: Auth, which deletes, has no '
  'rights on the pipeline.';
create trigger pipeline_live_events_forgotten after delete on auth.users
  for each row execute function pipeline_internal.forget_live_events();

insert into pipeline_internal.retention (category, days, description) values
  ('live_events', 3, 'numbers of messages to users; the latest of each user is kept');

revoke execute on function
  pipeline_internal.note_move, pipeline_internal.live_payload, pipeline_internal.broadcast_messages,
  pipeline_internal.send_move, pipeline_internal.send_moves, pipeline_internal.open_live_topics,
  pipeline_internal.live_report, pipeline_internal.forget_live_events
  from public, anon, authenticated, service_role;
