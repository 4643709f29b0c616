-- A session keeps the plan of a statement, and a plan goes by what was known of the tables when it was made: of a project's
-- first upload, one row. So small a table costs the same by whichever index it is read, or by none, and a worker that was
-- there at the first of ten thousand would read them all for each. A plan is made anew only once its tables' statistics are,
-- and autovacuum looks once a minute.
create function pipeline_internal.renew_statistics() returns setof regclass
language plpgsql set search_path = '' as $$
declare
  v_table regclass;
begin
  for v_table in
    select c.oid from pg_class c
    where c.relkind = 'r' and c.relnamespace in (
        'upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace, 'pgmq'::regnamespace)
      and pg_has_role(c.relowner, 'usage')
      and pg_stat_get_live_tuples(c.oid) > 2 * greatest(c.reltuples, 50)
  loop
    -- Autovacuum may be at it already.
    execute format('analyze (skip_locked) %s', v_table);
    return next v_table;
  end loop;
end $$;
comment on function pipeline_internal.renew_statistics is
  'Analyses the tables, and names them, that have more than twice the rows that plans are made for: every session then makes its plans for these anew. What has fewer than a hundred rows may be read as a whole.';
revoke execute on function pipeline_internal.renew_statistics from public, anon, authenticated, service_role;

-- What is to be looked at every few seconds is one schedule: each run costs a process, a row of cron.job_run_details and its
-- WAL, whether or not there is anything to do. Each part is a transaction of its own, in its own block, so that none undoes
-- another or keeps its locks; when all have had their turn, what failed fails the run, by name, which is where alerts look.
select cron.schedule('pipeline-sweep', '5 seconds', $job$
do $$
declare
  v_faults text[] := '{}';
begin
  perform pg_catalog.set_config('search_path', '', false);
  begin
    perform pipeline_internal.sweep();
  exception when others then
    v_faults := v_faults || ('sweep: ' || sqlerrm);
  end;
  commit;
  begin
    perform pipeline_internal.renew_statistics();
  exception when others then
    v_faults := v_faults || ('renew_statistics: ' || sqlerrm);
  end;
  if v_faults <> '{}' then
    commit;
    raise exception '%', array_to_string(v_faults, '; ');
  end if;
end $$
$job$);

-- What is asked for each document is asked a thousand times in those seconds, and storage.objects and auth.users are not ours
-- to analyse. So it is planned for its index, whether or not there is much to read yet.
do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'record_charges', 'register_upload', 'holdings', 'record_audit_entry', 'start_processing', 'delete_document', 'retry_job'
  ] loop
    execute format('alter function pipeline_internal.%I set enable_seqscan = off', v_function);
    -- What has no index is then read at a cost that is high on paper only, and compiling the plan would not pay.
    execute format('alter function pipeline_internal.%I set jit = off', v_function);
    -- An array of unknown length seems dear to the planner, which would plan the statement anew each time.
    execute format('alter function pipeline_internal.%I set plan_cache_mode = force_generic_plan', v_function);
  end loop;
end $$;
