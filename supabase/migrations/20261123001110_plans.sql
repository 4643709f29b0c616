-- A session keeps the plan of a statement, and a plan goes by the size that tables had when it was made: of a project's first
-- upload, one row. Until the statistics are renewed, a worker that was there at the first of ten thousand would read them all
-- for each. So whatever is asked for each document is planned for its index, whether or not there is much to read yet.
do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'enqueue_all', 'requeue', 'begin_attempts', 'claim', 'extend_leases', 'hold_all', 'live_runs', 'begin_run', 'end_run',
    'leave_run', 'free_places', 'advance_lines', 'postpone', 'retry', 'pause', 'reject', 'hand_off', 'follow',
    'settle_and_go_on'
  ] loop
    execute format('alter function pipeline_internal.%I set enable_seqscan = off', v_function);
    -- An array of unknown length seems dear to the planner, which would plan the statement anew each time.
    execute format('alter function pipeline_internal.%I set plan_cache_mode = force_generic_plan', v_function);
  end loop;
end $$;
