-- Written by npm run generate from the other migrations. Change those, not this file.
--
-- The functions that switch on the stage. A session keeps a plan for each queue, which pgmq's own functions do not: they
-- build their statement at each call, and planning it takes longer than running it. A stage that is not listed runs the
-- same statement as dynamic SQL. A queue may be empty when it is planned for and hold a million messages a second later,
-- so every plan uses the indexes.

create or replace function pipeline_internal.complete_stage(p_job upload_pipeline.upload_jobs, p_output jsonb)
returns double precision
language plpgsql set search_path = '' as $$
begin
  case p_job.stage
    when 'parse' then
      return pipeline_internal.complete_parse(
        p_job, jsonb_populate_record(null::pipeline_internal.parse_output, p_output));
    when 'fetch_result' then
      return pipeline_internal.complete_fetch_result(
        p_job, jsonb_populate_record(null::pipeline_internal.fetch_result_output, p_output));
    when 'chunk' then
      return pipeline_internal.complete_chunk(
        p_job, jsonb_populate_record(null::pipeline_internal.chunk_output, p_output));
    when 'embed' then
      return pipeline_internal.complete_embed(p_job);
    else
      return 0;
  end case;
end $$;
comment on function pipeline_internal.complete_stage is
  'Writes what the job''s stage made of the document: calls complete_<stage> with the output read as <stage>_output. Returns the seconds until the next stage is due.';

create or replace function pipeline_internal.send_messages(p_stage text, p_job_ids uuid[], p_delays int[])
returns table (msg_id bigint, job_id uuid, vt timestamptz)
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        insert into pgmq.q_parse as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    when 'fetch_result' then
      return query
        insert into pgmq.q_fetch_result as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    when 'chunk' then
      return query
        insert into pgmq.q_chunk as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    when 'embed' then
      return query
        insert into pgmq.q_embed as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    else
      return query execute format('
        insert into pgmq.%1$I as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object(''job_id'', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> ''job_id'')::uuid, q.vt', 'q_' || p_stage)
      using $1, $2, $3;
  end case;
end $$;
comment on function pipeline_internal.send_messages is
  'Sends a message for each job, due after so many seconds.';

create or replace function pipeline_internal.read_messages(p_stage text, p_count int, p_lease_seconds real)
returns table (msg_id bigint, read_ct int, job_id uuid)
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        update pgmq.q_parse q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_parse due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    when 'fetch_result' then
      return query
        update pgmq.q_fetch_result q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_fetch_result due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    when 'chunk' then
      return query
        update pgmq.q_chunk q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_chunk due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    when 'embed' then
      return query
        update pgmq.q_embed q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_embed due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    else
      return query execute format('
        update pgmq.%1$I q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.%1$I due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> ''job_id'')::uuid', 'q_' || p_stage)
      using $1, $2, $3;
  end case;
end $$;
comment on function pipeline_internal.read_messages is
  'Leases up to p_count due messages, oldest first: hides them for p_lease_seconds and increments read_ct. Passes over messages that another transaction has locked.';

create or replace function pipeline_internal.lock_messages(p_stage text, p_msg_ids bigint[])
returns table (msg_id bigint, read_ct int)
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_parse q where q.msg_id = any ($2) order by q.msg_id for update;
    when 'fetch_result' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_fetch_result q where q.msg_id = any ($2) order by q.msg_id for update;
    when 'chunk' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_chunk q where q.msg_id = any ($2) order by q.msg_id for update;
    when 'embed' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_embed q where q.msg_id = any ($2) order by q.msg_id for update;
    else
      return query execute format('
        select q.msg_id, q.read_ct from pgmq.%1$I q where q.msg_id = any ($2) order by q.msg_id for update', 'q_' || p_stage)
      using $1, $2;
  end case;
end $$;
comment on function pipeline_internal.lock_messages is
  'Locks messages in the order of their ids and returns how often each was read. Leaves out deleted messages.';

create or replace function pipeline_internal.postpone_messages(p_stage text, p_msg_ids bigint[], p_vt timestamptz)
returns setof bigint
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        update pgmq.q_parse q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    when 'fetch_result' then
      return query
        update pgmq.q_fetch_result q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    when 'chunk' then
      return query
        update pgmq.q_chunk q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    when 'embed' then
      return query
        update pgmq.q_embed q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    else
      return query execute format('
        update pgmq.%1$I q set vt = $3 where q.msg_id = any ($2) returning q.msg_id', 'q_' || p_stage)
      using $1, $2, $3;
  end case;
end $$;
comment on function pipeline_internal.postpone_messages is
  'Makes messages due at this time.';

create or replace function pipeline_internal.delete_messages(p_stage text, p_msg_ids bigint[])
returns setof bigint
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        delete from pgmq.q_parse q where q.msg_id = any ($2) returning q.msg_id;
    when 'fetch_result' then
      return query
        delete from pgmq.q_fetch_result q where q.msg_id = any ($2) returning q.msg_id;
    when 'chunk' then
      return query
        delete from pgmq.q_chunk q where q.msg_id = any ($2) returning q.msg_id;
    when 'embed' then
      return query
        delete from pgmq.q_embed q where q.msg_id = any ($2) returning q.msg_id;
    else
      return query execute format('
        delete from pgmq.%1$I q where q.msg_id = any ($2) returning q.msg_id', 'q_' || p_stage)
      using $1, $2;
  end case;
end $$;
comment on function pipeline_internal.delete_messages is
  'Deletes messages, whichever worker leases them. The caller holds the fence.';

create or replace function pipeline_internal.due_message(p_stage text)
returns setof bigint
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        select q.msg_id from pgmq.q_parse q where q.vt <= clock_timestamp() limit 1;
    when 'fetch_result' then
      return query
        select q.msg_id from pgmq.q_fetch_result q where q.vt <= clock_timestamp() limit 1;
    when 'chunk' then
      return query
        select q.msg_id from pgmq.q_chunk q where q.vt <= clock_timestamp() limit 1;
    when 'embed' then
      return query
        select q.msg_id from pgmq.q_embed q where q.vt <= clock_timestamp() limit 1;
    else
      return query execute format('
        select q.msg_id from pgmq.%1$I q where q.vt <= clock_timestamp() limit 1', 'q_' || p_stage)
      using $1;
  end case;
end $$;
comment on function pipeline_internal.due_message is
  'One of the due messages, if there is any.';
