begin;
select plan(3);
select tests.lock_counters();
delete from pipeline_internal.history;

create function pg_temp.sample(p_count int, p_age float) returns jsonb language sql as $$
  select jsonb_build_array(
    jsonb_build_object('name', 'pipeline_queue_messages', 'labels', '{"stage": "parse", "state": "due"}'::jsonb,
                       'value', p_count),
    jsonb_build_object('name', 'pipeline_queue_messages', 'labels', '{"stage": "parse", "state": "working"}'::jsonb,
                       'value', 1),
    jsonb_build_object('name', 'pipeline_queue_oldest_message_seconds', 'labels', '{"stage": "parse"}'::jsonb,
                       'value', p_age),
    jsonb_build_object('name', 'pipeline_connections', 'labels', '{}'::jsonb, 'value', 100))
$$;
select pipeline_internal.record_queue_history(pg_temp.sample(5, 10), '2026-01-01 10:00:10Z');
select pipeline_internal.record_queue_history(pg_temp.sample(2, 40), '2026-01-01 10:00:40Z');
select pipeline_internal.record_queue_history(pg_temp.sample(1, 0), '2026-01-01 10:01:10Z');
select results_eq(
  $$select step_minutes::int, to_char(since at time zone 'utc', 'HH24:MI'), stage, message_count,
           oldest_due_seconds::int
    from pipeline_internal.history order by 1, 2$$,
  $$values (1, '10:00', 'parse', 6, 40), (1, '10:01', 'parse', 2, 0), (10, '10:00', 'parse', 6, 40),
           (60, '10:00', 'parse', 6, 40)$$, 'keeps the most messages and the greatest age of each step');

delete from pipeline_internal.history;
select pipeline_internal.evaluate_alerts();
select set_eq('select stage from pipeline_internal.history', 'select stage from pipeline_internal.stages',
  'samples the queue of each stage whenever rules are evaluated');
select ok(bool_and(message_count is not null and oldest_due_seconds is not null and transition_count = 0),
  'knows both numbers of each queue') from pipeline_internal.history;

select * from finish();
rollback;
