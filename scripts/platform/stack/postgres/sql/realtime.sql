-- The schema realtime as the Realtime service keeps it: the messages that it broadcasts, and what policies and senders
-- call. Row-level security is on and without policies: who may receive what is for the project's migrations to say.

create role supabase_realtime_admin nologin noinherit;

create schema realtime;
grant usage on schema realtime to postgres, anon, authenticated, service_role;
grant create, usage on schema realtime to supabase_realtime_admin with grant option;

-- postgres may send, read and delete messages; it owns nothing here.
alter default privileges in schema realtime grant all on tables to postgres, dashboard_user;
alter default privileges in schema realtime grant all on functions to postgres, dashboard_user;

create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,
  primary key (id, inserted_at),
  constraint messages_payload_exclusive check (payload is null or binary_payload is null)
) partition by range (inserted_at);
create index messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
  where extension = 'broadcast' and private is true;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;
alter table realtime.messages owner to supabase_realtime_admin;

create function realtime.topic() returns text
language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;
comment on function realtime.topic is 'The topic that a policy decides about.';

create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language plpgsql as $$
declare
  v_id uuid := gen_random_uuid();
begin
  execute format('set local realtime.topic to %L', topic);
  insert into realtime.messages (id, payload, event, topic, private, extension)
  values (
    v_id, case when payload ? 'id' then payload else payload || jsonb_build_object('id', v_id) end, event, topic,
    private, 'broadcast');
exception when others then
  raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end $$;
comment on function realtime.send is
  'Has a message broadcast once the transaction commits. As on hosted, a message that cannot be stored is lost with a '
  'warning, and the transaction goes on.';

alter function realtime.topic owner to supabase_realtime_admin;
alter function realtime.send owner to supabase_realtime_admin;

create function platform_emulation.keep_message_partitions() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_day date;
  v_name text;
begin
  for v_day in select current_date + n from generate_series(-1, 3) n loop
    v_name := to_char(v_day, '"messages_"YYYY_MM_DD');
    if to_regclass('realtime.' || v_name) is null then
      execute format(
        'create table realtime.%I partition of realtime.messages for values from (%L) to (%L)',
        v_name, v_day, v_day + 1);
      execute format('alter table realtime.%I owner to supabase_realtime_admin', v_name);
    end if;
  end loop;
  for v_name in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'realtime.messages'::regclass
      and c.relname < to_char(current_date - 3, '"messages_"YYYY_MM_DD')
  loop
    execute format('drop table realtime.%I', v_name);
  end loop;
end $$;
comment on function platform_emulation.keep_message_partitions is
  'Creates the partitions of messages from yesterday to three days ahead, and drops those older than three days. '
  'Realtime does this when it starts and once a day. A message for a day without a partition is lost.';
revoke execute on function platform_emulation.keep_message_partitions from public;
select platform_emulation.keep_message_partitions();
