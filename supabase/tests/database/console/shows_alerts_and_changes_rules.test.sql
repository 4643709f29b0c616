begin;
select plan(15);

-- pg_cron evaluates alerts too; its run waits until this test is over.
select pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));
create temporary table operator as select tests.create_operator() as user_id;
grant select on operator to public;
update pipeline_internal.alert_rules set is_enabled = false, last_error = null;
delete from pipeline_internal.alerts;
delete from pipeline_internal.alert_states;
insert into pipeline_internal.alert_rules (rule, severity, threshold, for_seconds, keep_firing_seconds, summary, query)
values ('c_rule', 'critical', 5, 0, 0, '{subject} is at {value}',
        $$select s, 9 from unnest(array['pump', 'valve']) s$$),
       ('c_broken', 'warning', 5, 0, 0, 'never', 'select nothing');
select pipeline_internal.evaluate_alerts();
insert into pipeline_internal.alerts (
  rule, subject, severity, summary, threshold, value, worst_value, opened_at, closed_at)
select 'c_old', n::text, 'warning', 'old ' || n, 1, 2, 3, now() - make_interval(hours => n + 1),
       now() - make_interval(hours => n)
from generate_series(1, 3) n;

select tests.act_in_console(user_id) from operator;
select results_eq(
  $$select critical_count, warning_count, 'PipelineQueueOld' = any (disabled_rules), broken_rules,
           evaluated_at >= now() from pipeline_console.alert_summary()$$,
  $$values (2::bigint, 0::bigint, true, '{c_broken}'::text[], true)$$, 'summarises open alerts and the rules');
select set_eq(
  $$select rule, subject, severity, summary, threshold, value, current_value from pipeline_console.alerts(true)$$,
  $$values ('c_rule', 'pump', 'critical', 'pump is at 9.0', 5::float8, 9::float8, 9::float8),
           ('c_rule', 'valve', 'critical', 'valve is at 9.0', 5, 9, 9)$$,
  'shows open alerts with their value against the threshold');
create function pg_temp.found(p_is_open boolean default null, p_rule text default null, p_severity text default null)
returns text language sql as $$
  select string_agg(a.summary, ', ' order by a.opened_at desc)
  from pipeline_console.alerts(p_is_open, p_rule, p_severity) a
$$;
select is(pg_temp.found(false), 'old 1, old 2, old 3', 'lists closed alerts, the latest first');
select is(pg_temp.found(p_severity => 'warning'), 'old 1, old 2, old 3', 'filters by severity');
select is(pg_temp.found(p_rule => 'c_other'), null, 'filters by rule');
select is(count(*), 5::bigint, 'lists all without a filter') from pipeline_console.alerts();
select is(
  (select array_agg(n.summary order by n.opened_at desc)
   from pipeline_console.alerts(false, p_limit => 1) f
   cross join lateral pipeline_console.alerts(false, p_before_at => f.opened_at, p_before_id => f.alert_id) n),
  '{old 2,old 3}', 'continues after the last of a page');
select results_eq(
  $$select rule, threshold, is_enabled, last_error is not null, is_open, opened_30d, highest_value
    from pipeline_console.alert_rules() where rule like 'c\_%' order by 1$$,
  $$values ('c_broken', 5::float8, true, true, false, 0::bigint, null::float8),
           ('c_rule', 5, true, false, true, 2, 9)$$,
  'lists the rules with what they measured');

select pipeline_console.change_alert_rule('c_rule', p_threshold => 20);
select results_eq(
  $$select threshold, is_enabled from pipeline_console.alert_rules() where rule = 'c_rule'$$,
  'values (20::float8, true)', 'changes a threshold, and nothing else');
select results_eq(
  $$select a.action, a.details #> '{from,threshold}', a.details #> '{to,threshold}', a.operator_id
    from pipeline_console.audit_entries(p_limit => 1) a$$,
  $$select 'setting_changed', '5'::jsonb, '20'::jsonb, user_id from operator$$, 'audits who changed what');
reset role;
select pipeline_internal.evaluate_alerts();
select tests.act_in_console(user_id) from operator;
select is(count(*), 0::bigint, 'closes alerts at the next evaluation') from pipeline_console.alerts(true);
select pipeline_console.change_alert_rule('c_rule', p_is_enabled => false);
select results_eq(
  $$select threshold, is_enabled from pipeline_console.alert_rules() where rule = 'c_rule'$$,
  'values (20::float8, false)', 'disables a rule');
select throws_ok(
  $$select pipeline_console.change_alert_rule('unknown', 1)$$, 'P0002', 'Unknown rule: unknown.',
  'refuses an unknown rule');
select throws_ok(
  $$select pipeline_console.change_alert_rule('c_rule', 'NaN')$$, '22023', 'The threshold must be a number.',
  'refuses a threshold that is no number');
select throws_ok(
  $$select pipeline_console.change_alert_rule('c_rule', 'Infinity')$$, '22023', 'The threshold must be a number.',
  'refuses an infinite threshold');

select * from finish();
rollback;
