-- A stand-in for pgmq 1.5.1, written from its documentation: the same tables, types and functions with the same names of
-- arguments. Partitioned queues are left out, because they need pg_partman. As there, a queue's tables and its sequence are
-- members of the extension: pg_dump leaves them out, and they go with it.

create table pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz not null default now()
);
select pg_catalog.pg_extension_config_dump('pgmq.meta', '');

create type pgmq.message_record as (
  msg_id bigint,
  read_ct integer,
  enqueued_at timestamptz,
  vt timestamptz,
  message jsonb,
  headers jsonb
);

create type pgmq.queue_record as (
  queue_name varchar,
  is_partitioned boolean,
  is_unlogged boolean,
  created_at timestamptz
);

create type pgmq.metrics_result as (
  queue_name text,
  queue_length bigint,
  newest_msg_age_sec int,
  oldest_msg_age_sec int,
  total_messages bigint,
  scrape_time timestamptz,
  queue_visible_length bigint
);

-- Names of queues and of their tables.

create function pgmq.validate_queue_name(queue_name text) returns void
language plpgsql immutable as $$
begin
  -- The longest name made from it, archived_at_idx_<name>, must stay within 63 bytes.
  if length(queue_name) >= 48 then
    raise exception 'queue name is too long, maximum length is 47 characters';
  end if;
end $$;

create function pgmq.format_table_name(queue_name text, prefix text) returns text
language plpgsql immutable as $$
begin
  if queue_name ~ '[$;'']|--' then
    raise exception 'queue name contains invalid characters: $, ;, --, or \''';
  end if;
  return lower(prefix || '_' || queue_name);
end $$;
comment on function pgmq.format_table_name is 'The table of a queue (prefix q) or of its archive (prefix a).';

create function pgmq.acquire_queue_lock(queue_name text) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('pgmq.queue_' || queue_name))
$$;
comment on function pgmq.acquire_queue_lock is 'Two sessions that create or drop the same queue take turns.';

-- Making, dropping and measuring queues.

create function pgmq._belongs_to_pgmq(table_name text) returns boolean
language sql stable as $$
  select exists (
    select from pg_catalog.pg_depend d
    join pg_catalog.pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
    join pg_catalog.pg_class c on c.oid = d.objid and d.classid = 'pg_class'::regclass
    where e.extname = 'pgmq' and d.deptype = 'e' and c.relname = table_name and c.relnamespace = 'pgmq'::regnamespace)
$$;

create function pgmq._create_queue(queue_name text, unlogged boolean) returns void
language plpgsql as $$
declare
  v_queue text := pgmq.format_table_name(queue_name, 'q');
  v_archive text := pgmq.format_table_name(queue_name, 'a');
begin
  perform pgmq.validate_queue_name(queue_name);
  perform pgmq.acquire_queue_lock(queue_name);

  execute format(
    $q$
      create %s table if not exists pgmq.%I (
        msg_id bigint primary key generated always as identity,
        read_ct int not null default 0,
        enqueued_at timestamptz not null default now(),
        vt timestamptz not null,
        message jsonb,
        headers jsonb
      )
    $q$, case when unlogged then 'unlogged' end, v_queue);
  execute format(
    $q$
      create table if not exists pgmq.%I (
        msg_id bigint primary key,
        read_ct int not null default 0,
        enqueued_at timestamptz not null default now(),
        archived_at timestamptz not null default now(),
        vt timestamptz not null,
        message jsonb,
        headers jsonb
      )
    $q$, v_archive);
  if not pgmq._belongs_to_pgmq(v_queue) then
    execute format('alter extension pgmq add table pgmq.%I', v_queue);
    execute format('alter extension pgmq add sequence pgmq.%I', v_queue || '_msg_id_seq');
  end if;
  if not pgmq._belongs_to_pgmq(v_archive) then
    execute format('alter extension pgmq add table pgmq.%I', v_archive);
  end if;
  execute format('create index if not exists %I on pgmq.%I (vt asc)', v_queue || '_vt_idx', v_queue);
  execute format(
    'create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || lower(queue_name), v_archive);

  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged)
  values (_create_queue.queue_name, false, unlogged)
  on conflict do nothing;
end $$;

create function pgmq.create_non_partitioned(queue_name text) returns void
language sql as $$
  select pgmq._create_queue(queue_name, false)
$$;

create function pgmq.create_unlogged(queue_name text) returns void
language sql as $$
  select pgmq._create_queue(queue_name, true)
$$;

create function pgmq."create"(queue_name text) returns void
language sql as $$
  select pgmq.create_non_partitioned(queue_name)
$$;

create function pgmq.create_partitioned(
  queue_name text, partition_interval text default '10000', retention_interval text default '100000'
) returns void
language plpgsql as $$
begin
  raise exception 'pg_partman is required for partitioned queues';
end $$;

create function pgmq.drop_queue(queue_name text) returns boolean
language plpgsql as $$
declare
  v_queue text := pgmq.format_table_name(queue_name, 'q');
  v_archive text := pgmq.format_table_name(queue_name, 'a');
begin
  -- Fails for a queue that there is not, as pgmq's does; what it answers is never false.
  execute format('alter extension pgmq drop table pgmq.%I', v_queue);
  execute format('alter extension pgmq drop sequence pgmq.%I', v_queue || '_msg_id_seq');
  execute format('alter extension pgmq drop table pgmq.%I', v_archive);
  execute format('drop table if exists pgmq.%I', v_queue);
  execute format('drop table if exists pgmq.%I', v_archive);
  delete from pgmq.meta m where m.queue_name = drop_queue.queue_name;
  return true;
end $$;

create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean
language plpgsql as $$
begin
  raise warning 'drop_queue(queue_name, partitioned) is deprecated and will be removed in PGMQ v2.0. Use drop_queue(queue_name) instead';
  return pgmq.drop_queue(queue_name);
end $$;

create function pgmq.detach_archive(queue_name text) returns void
language plpgsql as $$
begin
  execute format('alter extension pgmq drop table pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
end $$;

create function pgmq.purge_queue(queue_name text) returns bigint
language plpgsql as $$
declare
  v_queue text := pgmq.format_table_name(queue_name, 'q');
  v_purged bigint;
begin
  execute format('lock table pgmq.%I in access exclusive mode', v_queue);
  execute format('select count(*) from pgmq.%I', v_queue) into v_purged;
  execute format('truncate table pgmq.%I', v_queue);
  return v_purged;
end $$;

create function pgmq.list_queues() returns setof pgmq.queue_record
language sql stable as $$
  select m.queue_name, m.is_partitioned, m.is_unlogged, m.created_at from pgmq.meta m
$$;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result
language plpgsql as $$
declare
  v_queue text := pgmq.format_table_name(queue_name, 'q');
  v_result pgmq.metrics_result;
begin
  execute format(
    $q$
      select
        $1,
        count(*),
        extract(epoch from clock_timestamp() - max(q.enqueued_at))::int,
        extract(epoch from clock_timestamp() - min(q.enqueued_at))::int,
        (select case when s.is_called then s.last_value else 0 end from pgmq.%I s),
        clock_timestamp(),
        count(*) filter (where q.vt <= clock_timestamp())
      from pgmq.%I q
    $q$, v_queue || '_msg_id_seq', v_queue)
    into v_result using queue_name;
  return v_result;
end $$;

create function pgmq.metrics_all() returns setof pgmq.metrics_result
language sql as $$
  select (pgmq.metrics(m.queue_name)).* from pgmq.meta m
$$;

-- Sending messages.

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint
language plpgsql as $$
begin
  return query execute format(
    'insert into pgmq.%I (vt, message, headers) values ($1, $2, $3) returning msg_id',
    pgmq.format_table_name(queue_name, 'q'))
    using delay, msg, headers;
end $$;

create function pgmq.send(queue_name text, msg jsonb) returns setof bigint
language sql as $$
  select * from pgmq.send(queue_name, msg, null, clock_timestamp())
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint
language sql as $$
  select * from pgmq.send(queue_name, msg, headers, clock_timestamp())
$$;

create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint
language sql as $$
  select * from pgmq.send(queue_name, msg, null, clock_timestamp() + make_interval(secs => delay))
$$;

create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint
language sql as $$
  select * from pgmq.send(queue_name, msg, null, delay)
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint
language sql as $$
  select * from pgmq.send(queue_name, msg, headers, clock_timestamp() + make_interval(secs => delay))
$$;

create function pgmq._validate_batch_params(msgs jsonb[], headers jsonb[]) returns void
language plpgsql immutable as $$
begin
  if coalesce(cardinality(msgs), 0) = 0 then
    raise exception 'msgs cannot be null or empty';
  end if;
  if headers is not null and cardinality(headers) <> cardinality(msgs) then
    raise exception 'msgs and headers arrays must have the same length';
  end if;
end $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz) returns setof bigint
language plpgsql as $$
begin
  perform pgmq._validate_batch_params(msgs, headers);
  return query execute format(
    $q$
      insert into pgmq.%I (vt, message, headers)
      select $1, pair.message, pair.headers
      from unnest($2, $3) with ordinality as pair (message, headers, position)
      order by pair.position
      returning msg_id
    $q$, pgmq.format_table_name(queue_name, 'q'))
    using delay, msgs, headers;
end $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint
language sql as $$
  select * from pgmq.send_batch(queue_name, msgs, null, clock_timestamp())
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint
language sql as $$
  select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp())
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint
language sql as $$
  select * from pgmq.send_batch(queue_name, msgs, null, clock_timestamp() + make_interval(secs => delay))
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint
language sql as $$
  select * from pgmq.send_batch(queue_name, msgs, null, delay)
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint
language sql as $$
  select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp() + make_interval(secs => delay))
$$;

-- Reading messages.

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}')
returns setof pgmq.message_record
language plpgsql as $$
declare
  v_queue text := pgmq.format_table_name(queue_name, 'q');
begin
  return query execute format(
    $q$
      with due as (
        select msg_id
        from pgmq.%1$I
        where vt <= clock_timestamp() %2$s
        order by msg_id
        limit $1
        for update skip locked
      )
      update pgmq.%1$I q
      set vt = clock_timestamp() + make_interval(secs => $2),
          read_ct = q.read_ct + 1
      from due
      where q.msg_id = due.msg_id
      returning q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message, q.headers
    $q$, v_queue, case when conditional <> '{}' then 'and message @> $3' else '' end)
    using qty, vt, conditional;
end $$;
comment on function pgmq.read is
  'Takes up to qty due messages, oldest first, each for one reader only, hides them for vt seconds and counts the reading.';

create function pgmq.read_with_poll(
  queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100,
  conditional jsonb default '{}'
) returns setof pgmq.message_record
language plpgsql as $$
declare
  v_deadline timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
begin
  loop
    return query select * from pgmq.read(queue_name, vt, qty, conditional);
    if found or clock_timestamp() >= v_deadline then
      return;
    end if;
    perform pg_sleep(poll_interval_ms / 1000.0);
  end loop;
end $$;

create function pgmq.pop(queue_name text) returns setof pgmq.message_record
language plpgsql as $$
begin
  return query execute format(
    $q$
      with due as (
        select msg_id
        from pgmq.%1$I
        where vt <= clock_timestamp()
        order by msg_id
        limit 1
        for update skip locked
      )
      delete from pgmq.%1$I q
      using due
      where q.msg_id = due.msg_id
      returning q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message, q.headers
    $q$, pgmq.format_table_name(queue_name, 'q'));
end $$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record
language plpgsql as $$
begin
  return query execute format(
    $q$
      update pgmq.%I q
      set vt = clock_timestamp() + make_interval(secs => $1)
      where q.msg_id = $2
      returning q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message, q.headers
    $q$, pgmq.format_table_name(queue_name, 'q'))
    using vt, msg_id;
end $$;

-- Messages that are done with.

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql as $$
begin
  return query execute format(
    'delete from pgmq.%I where msg_id = any ($1) returning msg_id', pgmq.format_table_name(queue_name, 'q'))
    using msg_ids;
end $$;

create function pgmq.delete(queue_name text, msg_id bigint) returns boolean
language sql as $$
  select exists (select from pgmq.delete(queue_name, array[msg_id]))
$$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql as $$
begin
  return query execute format(
    $q$
      with taken as (
        delete from pgmq.%I
        where msg_id = any ($1)
        returning msg_id, read_ct, enqueued_at, vt, message, headers
      )
      insert into pgmq.%I (msg_id, read_ct, enqueued_at, vt, message, headers)
      select msg_id, read_ct, enqueued_at, vt, message, headers from taken
      returning msg_id
    $q$, pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'))
    using msg_ids;
end $$;

create function pgmq.archive(queue_name text, msg_id bigint) returns boolean
language sql as $$
  select exists (select from pgmq.archive(queue_name, array[msg_id]))
$$;

-- The extension's script runs as a superuser; everything is handed to the role that creates the extension.
do $$
declare
  v_object record;
begin
  for v_object in
    select 'table ' || oid::regclass as name from pg_catalog.pg_class
    where relnamespace = 'pgmq'::regnamespace and relkind = 'r'
    union all
    select 'type ' || oid::regtype from pg_catalog.pg_type
    where typnamespace = 'pgmq'::regnamespace and typtype = 'c'
      and (select relkind from pg_catalog.pg_class c where c.oid = typrelid) = 'c'
    union all
    select 'function ' || oid::regprocedure from pg_catalog.pg_proc where pronamespace = 'pgmq'::regnamespace
  loop
    execute format('alter %s owner to %s', v_object.name, '@extowner@');
  end loop;
end $$;
