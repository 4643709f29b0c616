-- What the pipeline depends on: calls of the database, runs, connections, tables.
begin;
select plan(6);

delete from net._http_response;
insert into net._http_response (id, status_code, content, error_msg, created) values
  (1, 202, '{}', null, now() - interval '5 minutes'), (2, 503, 'not now', null, now() - interval '4 minutes'),
  (3, null, null, 'timed out', now() - interval '3 minutes'), (4, 202, '{}', null, now() - interval '2 hours');
select results_eq(
  $$select answered_count, refused_count, unanswered_count, last_answer_at, last_failure
    from pipeline_monitoring.database_calls$$,
  $$values (1::bigint, 1::bigint, 1::bigint, now() - interval '3 minutes', 'timed out')$$,
    'shows the results of the last hour''s calls');

select tests.add_stage('watched');
insert into pipeline_internal.worker_runs (stage, called_at, started_at, heartbeat_at, ended_at, ended_by,
  settled_count) values
  ('watched', now() - interval '10 minutes', now() - interval '9 minutes 59 seconds', now(), now(), 'drained', 3),
  ('watched', now() - interval '5 minutes', now() - interval '4 minutes 59 seconds', now(), now(), 'drained', 4),
  ('watched', now() - interval '5 minutes', null, null, now(), 'refused', 0),
  ('watched', now(), now(), now(), null, null, 0), ('watched', now() - interval '2 hours', now(), now(), now(), 'lost',
    0);
select results_eq(
  $$select ending, run_count, settled_count, average_start_seconds from pipeline_monitoring.runs
    where stage = 'watched' order by 1$$,
  $$values ('drained', 2::bigint, 7::bigint, 1.000), ('refused', 1, 0, null), ('running', 1, 0, 0.000)$$,
    'shows runs by how they ended');

select ok((select used_percent > 0 and used_percent < 100 from pipeline_monitoring.connections limit 1),
  'shows the share of connections in use');
select is(
  (select sum(connection_count) from pipeline_monitoring.connections),
    (select max(used_count) from pipeline_monitoring.connections)::numeric,
  'shows connections per role that add up to it');
select ok(
  (select count(*) from pipeline_monitoring.connections where role = current_user and connection_count > 0) = 1,
    'includes this session');
select ok(
  (select bool_and(table_bytes > 0 or index_bytes > 0 or estimated_rows = 0) and count(*) >= 20
    from pipeline_monitoring.tables),
  'shows tables and their sizes');

select * from finish();
rollback;
