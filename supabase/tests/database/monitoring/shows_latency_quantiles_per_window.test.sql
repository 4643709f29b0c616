begin;
select plan(4);
select tests.lock_counters();

delete from pipeline_internal.stage_transitions;
-- A hundred in the last minutes: 90 of one second, 10 of thirty; and one hundred of a hundred seconds, hours ago.
insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
select date_trunc('minute', now()), 'chunk', ceil(ln(seconds) / ln(1.1)), n
from (values (1.0, 90), (30, 10)) v (seconds, n);
insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
values (date_trunc('hour', now() - interval '5 hours'), 'chunk', ceil(ln(100.0) / ln(1.1)), 100);

select results_eq(
  $$select time_window, transition_count, per_minute from pipeline_monitoring.stage_latency
    where stage = 'chunk' order by transition_count, time_window$$,
  $$values ('1 hour', 100::bigint, 1.67), ('5 minutes', 100, 20.00), ('24 hours', 200, 0.14)$$,
    'shows the throughput of each window');
select is_empty(
  $$
    select l.* from pipeline_monitoring.stage_latency l
    join (values ('5 minutes', 1.0, 30.0, 30.0), ('24 hours', 30, 100, 100)) t (time_window, p50, p95, p99)
      using (time_window)
    where stage = 'chunk' and not (
      abs(p50_seconds / p50 - 1) <= 0.05 and abs(p95_seconds / p95 - 1) <= 0.05 and abs(p99_seconds / p99 - 1) <= 0.05)
  $$, 'shows quantiles within 5 % of the true ones');
select is(
  (select count(*) from pipeline_monitoring.stage_latency where stage = 'embed' and transition_count = 0
    and p50_seconds is null),
  3::bigint, 'shows a stage without transitions');

select pipeline_internal.compact_stage_transitions();
insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
select date_trunc('hour', now() - interval '3 hours') + m * interval '1 minute', 'fold', 7, 1
  from generate_series(0, 59) m;
insert into pipeline_internal.stage_transitions (since, stage, bucket, transition_count)
values (now() - interval '26 hours', 'fold', 7, 1), (date_trunc('minute', now()), 'fold', 7, 5);
select pipeline_internal.compact_stage_transitions();
select results_eq(
  $$select since, transition_count from pipeline_internal.stage_transitions where stage = 'fold' order by since$$,
  $$values (date_trunc('hour', now() - interval '3 hours'), 60), (date_trunc('minute', now()), 5)$$,
  'compacts old minutes without a loss, and removes yesterday''s');

select * from finish();
rollback;
