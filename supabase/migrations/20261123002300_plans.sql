-- A session caches the plan of a statement, and the plan depends on the statistics of its tables at that time: one row,
-- at a project's first upload. A table this small costs the same with any index or none, so a worker that planned then
-- would scan ten thousand rows for each document later. A session plans again only after the statistics change, and
-- autovacuum checks once a minute. Functions that a thousand documents may call in that time are planned for their
-- indexes instead: they set enable_seqscan = off; jit = off, because an unindexed read then has a high estimated cost,
-- for which compiling the plan does not pay; and plan_cache_mode, because arrays of unknown length look expensive, and
-- would be planned at each call.
create function pipeline_internal.refresh_statistics() returns setof regclass
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
    -- Autovacuum may be analysing the table already.
    execute format('analyze (skip_locked) %s', v_table);
    return next v_table;
  end loop;
end $$;
comment on function pipeline_internal.refresh_statistics is
  'Analyses the tables with more than twice the rows that their statistics say, and returns them: every session then '
  'plans again. Tables with fewer than a hundred rows may be scanned.';
revoke execute on function pipeline_internal.refresh_statistics from public, anon, authenticated, service_role;

-- One schedule for all that runs every few seconds: each run costs a process, a row of cron.job_run_details and its
-- WAL, even without work. Each part is a transaction in a block of its own, so none undoes another or keeps its locks;
-- at the end the run fails with the errors of all parts, where alerts look.
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
    perform pipeline_internal.refresh_statistics();
  exception when others then
    v_faults := v_faults || ('refresh_statistics: ' || sqlerrm);
  end;
  commit;
  begin
    perform pipeline_internal.open_live_topics();
  exception when others then
    v_faults := v_faults || ('open_live_topics: ' || sqlerrm);
  end;
  if v_faults <> '{}' then
    commit;
    raise exception '%', array_to_string(v_faults, '; ');
  end if;
end $$
$job$);
