begin;
select plan(14);

create temporary table viewer as select tests.create_operator('viewer') as user_id;
grant select on viewer to public;
insert into cron.job_run_details (jobid, runid, status, return_message, start_time, end_time)
select j.jobid, 1000000000 + n, case n when 2 then 'failed' else 'succeeded' end,
       case n when 2 then 'ERROR: a test' else '1 row' end,
       now() - make_interval(mins => n * 10), now() - make_interval(mins => n * 10) + make_interval(secs => n)
from cron.job j, generate_series(1, 3) n where j.jobname = 'pipeline-orphans';
insert into net._http_response (id, status_code, content, timed_out, error_msg, created) values
  (1000000001, 200, 'fine', false, null, now()), (1000000002, 503, 'closed', false, null, now()),
  (1000000003, null, null, true, 'Timeout of 2000 ms reached', now());
create table pipeline_internal.console_bloated (n int, text text);
alter table pipeline_internal.console_bloated set (autovacuum_vacuum_scale_factor = 0.5,
  autovacuum_vacuum_threshold = 10);
insert into pipeline_internal.console_bloated select n, repeat('x', 100) from generate_series(1, 1000) n;
analyze pipeline_internal.console_bloated;

select tests.act_in_console(user_id, 'viewer') from viewer;
select results_eq(
  $$select is_active, last_success_at, last_failure, last_failure_at, failures_1h
    from pipeline_console.schedules() where schedule = 'pipeline-orphans'$$,
  $$values (true, now() - interval '10 minutes', 'ERROR: a test', now() - interval '20 minutes', 1::bigint)$$,
  'shows the latest success and the latest failure of a schedule');
select cmp_ok((select p95_seconds_1h from pipeline_console.schedules() where schedule = 'pipeline-orphans'),
  '>', 1.0::double precision, 'shows how long its runs take');
select cmp_ok((select count(*) from pipeline_console.schedules()), '>=', 6::bigint, 'shows every schedule');
select results_eq(
  $$select status_code, timed_out, message from pipeline_console.failed_database_calls()
    where message in ('closed', 'Timeout of 2000 ms reached') order by status_code$$,
  $$values (503, false, 'closed'), (null, true, 'Timeout of 2000 ms reached')$$,
  'shows the calls that were refused or not answered');
select cmp_ok((select unanswered_count from pipeline_console.database_calls()), '>=', 1::bigint, 'counts calls');

select results_eq(
  $$select estimated_rows, vacuum_threshold, bloat_bytes < 16384 from pipeline_console.tables()
    where table_name = 'pipeline_internal.console_bloated'$$,
  $$values (1000::bigint, 510::bigint, true)$$,
  'shows rows, where autovacuum begins, and no bloat of a full table');
reset role;
delete from pipeline_internal.console_bloated where n > 100;
analyze pipeline_internal.console_bloated;
select tests.act_in_console(user_id, 'viewer') from viewer;
select cmp_ok(
  (select bloat_bytes from pipeline_console.tables() where table_name = 'pipeline_internal.console_bloated'),
  '>', 80000::bigint, 'estimates the bloat of a table that lost its rows');
select isnt_empty(
  $$select from pipeline_console.tables() where table_name = 'upload_pipeline.upload_jobs' and table_bytes >= 0$$,
  'shows the tables of users'' documents');
select isnt_empty($$select from pipeline_console.tables() where table_name = 'pgmq.q_parse'$$, 'shows the queues');
select is_empty($$select from pipeline_console.tables() where table_name ~ '^(auth|storage|vault)\.'$$,
  'shows no table of another part of the platform');

reset role;
select pg_create_physical_replication_slot('console_slot', true, true);
insert into pipeline_internal.worker_runs (stage, started_at, ended_at, ended_by, settled_count)
values ('parse', now(), now(), 'console_test', 7);
select tests.act_in_console(user_id, 'viewer') from viewer;
select results_eq(
  $$select name, role, state, retained_bytes >= 0, remedy like 'Its consumer%'
    from pipeline_console.vacuum_blockers() where kind = 'replication slot' and name = 'console_slot'$$,
  $$values ('console_slot', null, 'active, reserved', true, true)$$,
  'shows a replication slot, what it retains, and what to do');
select is_empty(
  $$select from pipeline_console.vacuum_blockers() where kind = 'session' and name like pg_backend_pid() || '%'$$,
  'leaves out the session that asks');
select isnt_empty(
  $$select from pipeline_console.connections() where connection_count > 0 and used_count <= allowed_count$$,
  'shows the connections of each role');
select results_eq(
  $$select run_count, settled_count from pipeline_console.stage_runs() where stage = 'parse'
    and ending = 'console_test'$$,
  $$values (1::bigint, 7::bigint)$$, 'shows the runs of a stage by their end');

select * from finish();
rollback;
