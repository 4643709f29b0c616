begin;
select plan(9);
select tests.lock_counters();
delete from pipeline_internal.history;
delete from pipeline_internal.stage_transitions;
update pipeline_internal.roll_up set merged_to = '-infinity';

create temporary table started as select j as job from tests.register(tests.create_user()) j;
create temporary table first as
  select min(no) - 1 as after, max(no) as upto
  from started, lateral (values
    (tests.record_event(job, 'awaiting_upload', '2026-01-01 09:59:30Z')),
    (tests.record_event(job, 'uploaded', '2026-01-01 10:00:00Z')),
    (tests.record_event(job, 'parse_queued', '2026-01-01 10:00:02Z')),
    (tests.record_event(job, 'parse_validated', '2026-01-01 10:00:40Z'))) e (no);
create temporary table second as
  select min(no) - 1 as after, max(no) as upto
  from started, lateral (values
    (tests.record_event(job, 'embedding_queued', '2026-01-01 10:01:00Z')),
    (tests.record_event(job, 'complete', '2026-01-01 10:12:00Z')),
    (tests.record_event(job, 'failed_parse', '2026-01-01 10:13:00Z', 'failure', 'parse', 'PARSE_FAILED'))) e (no);
select pipeline_internal.count_events(after, upto), pipeline_internal.record_history(after, upto) from first;
select pipeline_internal.count_events(after, upto), pipeline_internal.record_history(after, upto) from second;

create function pg_temp.of(p_step int, p_stage text) returns setof text language sql as $$
  select format('%s: %s out, %s failed, %s registered', to_char(since at time zone 'utc', 'HH24:MI'), transition_count,
                failed_count, registered_count)
  from pipeline_internal.history where step_minutes = p_step and stage = p_stage order by since
$$;
select results_eq($$select pg_temp.of(1, 'document')$$, array[
  '09:59: 0 out, 0 failed, 1 registered', '10:12: 1 out, 0 failed, 0 registered',
  '10:13: 0 out, 1 failed, 0 registered'],
  'counts documents in their minute');
select results_eq($$select pg_temp.of(10, 'document')$$, array[
  '09:50: 0 out, 0 failed, 1 registered', '10:10: 1 out, 1 failed, 0 registered'], 'counts them in their ten minutes');
select results_eq($$select pg_temp.of(60, 'document')$$, array[
  '09:00: 0 out, 0 failed, 1 registered', '10:00: 1 out, 1 failed, 0 registered'], 'counts them in their hour');
select results_eq($$select pg_temp.of(60, 'parse')$$, array['10:00: 1 out, 1 failed, 0 registered'],
  'counts what left a stage, and what failed there');
select is_empty(
  $$
    select * from pipeline_internal.history
    join (values ('parse', 2.0), ('fetch_result', 38), ('chunk', 20), ('embed', 660), ('document', 720)) t (stage,
      seconds) using (stage)
    where transition_count > 0 and not (abs(p50_seconds / seconds - 1) <= 0.05
      and abs(p95_seconds / seconds - 1) <= 0.05)
  $$, 'measures durations within 5 %, in each step');
select set_eq('select step, stage from pipeline_monitoring.history',
  'select make_interval(mins => step_minutes), stage from pipeline_internal.history', 'shows it to operators');

-- The minutes of that hour have been merged; then an event of it is counted late.
select pipeline_internal.compact_stage_transitions();
insert into pipeline_internal.history (step_minutes, since, stage, transition_count)
values (60, '2026-01-01 10:00Z', 'chunk', 7), (10, '2026-01-01 10:00Z', 'chunk', 3)
on conflict (step_minutes, since, stage) do update set transition_count = excluded.transition_count;
insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
values ('2026-01-01 10:00Z', 'chunk', 1, 9);
create temporary table late as
  select tests.record_event(job, 'chunking', '2026-01-01 10:05:00Z') as no from started;
select pipeline_internal.record_history(no - 1, no) from late;
select results_eq(
  $$select step_minutes, transition_count from pipeline_internal.history
    where stage = 'chunk' and since = '2026-01-01 10:00Z' and step_minutes > 1 order by 1$$,
  $$values (10::smallint, 3), (60::smallint, 9)$$,
  'recounts the hour of a late event, and leaves its ten minutes, which can no longer be counted');

delete from pipeline_internal.history;
insert into pipeline_internal.history (step_minutes, since, stage)
select step, now() - age, 'document'
from unnest(array[1, 10, 60]) step, unnest(array['1 hour', '20 hours', '30 days', '32 days']::interval[]) age;
select pipeline_internal.compact_stage_transitions();
select pipeline_internal.purge();
select results_eq(
  'select step_minutes::int, now() - since from pipeline_internal.history order by 1, 2',
  $$values (1, interval '1 hour'), (10, '1 hour'), (10, '20 hours'), (60, '1 hour'), (60, '20 hours'),
           (60, '30 days')$$,
  'keeps minutes for two hours, ten minutes for a day, and hours for a month');

set local timezone = 'Asia/Kolkata';
delete from pipeline_internal.stage_transitions;
insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
values (date_bin('1 hour', now() - interval '5 hours', '2000-01-01Z') + interval '10 minutes', 'fold', 7, 1),
       (date_bin('1 hour', now() - interval '5 hours', '2000-01-01Z') + interval '50 minutes', 'fold', 7, 1);
select pipeline_internal.compact_stage_transitions();
select results_eq(
  'select since, transition_count from pipeline_internal.stage_transitions',
  $$values (date_bin('1 hour', now() - interval '5 hours', '2000-01-01Z'), 2)$$,
  'merges the hours of the history in any time zone');

select * from finish();
rollback;
