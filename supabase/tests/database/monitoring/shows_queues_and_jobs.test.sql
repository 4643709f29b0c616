begin;
select plan(6);

create temporary table ada as select tests.create_user() as user_id;
create temporary table made as
  select tests.upload(user_id, 'due') as due, tests.upload(user_id, 'rested') as rested,
    tests.upload(user_id, 'held') as held,
         tests.upload(user_id, 'later') as later
  from ada;
update pipeline_internal.worker_runs set ended_at = now(), ended_by = 'drained' where stage = 'parse';
insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at) values ('parse', clock_timestamp(),
  clock_timestamp());
select pgmq.set_vt('parse', (tests.job(held)).message_id, 60) from made;
update upload_pipeline.upload_jobs set state = 'working', claimed_at = clock_timestamp()
  where job_id = (select held from made);
select pipeline_internal.postpone(tests.job(later), 60, 'retryable') from made;
update upload_pipeline.upload_jobs set last_error = '{"code": "PARSER_ERROR"}', waiting_for = 'PARSER_ERROR'
  where job_id = (select later from made);
update pgmq.q_parse set vt = clock_timestamp() - interval '100 seconds'
  where msg_id = (select (tests.job(rested)).message_id from made);

select results_eq(
  $$select message_count, due_count, working_count, postponed_count, running_count, max_invocations::int,
    is_circuit_open
    from pipeline_monitoring.queues where stage = 'parse'$$,
  $$values (4::bigint, 2::bigint, 1::bigint, 1::bigint, 1::bigint, 2, false)$$,
    'shows due, running and postponed messages');
select ok((select oldest_due_seconds between 100 and 160 from pipeline_monitoring.queues where stage = 'parse'),
  'shows the age of the oldest due message');
select results_eq(
  $$select stage from pipeline_monitoring.queues order by 1$$, array['chunk', 'embed', 'fetch_result', 'parse'],
    'shows a row per stage');
select results_eq(
  $$select status, state, code, waiting_for, is_user_queued, job_count from pipeline_monitoring.jobs order by state$$,
  $$values ('uploaded', 'queued', '', '', false, 2::bigint),
    ('uploaded', 'retryable', 'PARSER_ERROR', 'PARSER_ERROR', false, 1),
           ('uploaded', 'working', '', '', false, 1)$$, 'shows jobs by status, state and error');

select is_empty('select * from pipeline_monitoring.lost_messages()', 'finds no lost messages');
delete from pgmq.q_parse where msg_id = (select (tests.job(due)).message_id from made);
select results_eq(
  'select * from pipeline_monitoring.lost_messages()', 'select due from made', 'finds a lost message');

select * from finish();
rollback;
