begin;
select plan(18);

-- pg_cron evaluates alerts too; its run waits until this test is over.
select pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));

-- Disables all other rules.
update pipeline_internal.alert_rules set is_enabled = false;
create temporary table measured (subject text, value numeric);
insert into pipeline_internal.alert_rules (rule, severity, threshold, for_seconds, keep_firing_seconds, summary, query)
values ('test', 'critical', 5, 60, 30, '{subject} is at {value}', 'select subject, value from pg_temp.measured');
select pipeline_internal.add_endpoint('alerts-app', 'https://a.example.com', array['alert.opened', 'alert.closed']);
select pipeline_internal.add_endpoint('alerts-chat', 'https://b.example.com', array['alert.opened', 'alert.closed'],
  'slack');
create function pg_temp.evaluate() returns text language sql as $$
  select opened || ' ' || closed from pipeline_internal.evaluate_alerts()
$$;
create function pg_temp.pass(p_seconds int) returns void language sql as $$
  update pipeline_internal.alert_states
  set breached_since = breached_since - make_interval(secs => p_seconds),
    ok_since = ok_since - make_interval(secs => p_seconds)
  where rule = 'test'
$$;
create function pg_temp.notifications() returns table (name text, body jsonb) language sql as $$
  select e.name, o.body::jsonb from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
  where e.name like 'alerts-%' order by o.delivery_no
$$;

insert into measured values ('pump', 5), ('valve', 9);
select is(pg_temp.evaluate(), '0 0', 'is ok at the threshold and breaches just beyond it');
select pg_temp.pass(45);
select is(pg_temp.evaluate(), '0 0', 'stays closed before for_seconds are over');
update measured set value = 4;
select pg_temp.evaluate();
update measured set value = 9 where subject = 'valve';
select pg_temp.evaluate();
select pg_temp.pass(45);
select is(pg_temp.evaluate(), '0 0', 'counts from zero after the rule was ok for a moment');
select pg_temp.pass(15);
select is(pg_temp.evaluate(), '1 0', 'opens after for_seconds');
select results_eq(
  $$select subject, severity, summary, value, closed_at from pipeline_internal.alerts where rule = 'test'$$,
  $$values ('valve', 'critical', 'valve is at 9.0', 9::double precision, null::timestamptz)$$, 'stores an open alert');
select results_eq(
  $$select name, coalesce(body ->> 'text', body #>> '{data,summary}') from pg_temp.notifications()$$,
  $$values ('alerts-app', 'valve is at 9.0'), ('alerts-chat', 'Critical: valve is at 9.0')$$,
    'notifies every subscribed endpoint in its format');

update measured set value = 12 where subject = 'valve';
select is(pg_temp.evaluate(), '0 0', 'does not notify again while the alert is open');
select is((select worst_value from pipeline_internal.alerts where rule = 'test'), 12::double precision,
  'stores the worst value');

delete from measured where subject = 'valve';
select is(pg_temp.evaluate(), '0 0', 'is ok when the subject is no longer measured');
select pg_temp.pass(15);
insert into measured values ('valve', 12);
select pg_temp.evaluate();
delete from measured where subject = 'valve';
select pg_temp.evaluate();
select pg_temp.pass(15);
select is(pg_temp.evaluate(), '0 0', 'stays open when the breach returns within keep_firing_seconds');
select pg_temp.pass(15);
select is(pg_temp.evaluate(), '0 1', 'closes after keep_firing_seconds');
select results_eq(
  $$select name, coalesce(body ->> 'text', body ->> 'type') from pg_temp.notifications() offset 2$$,
  $$values ('alerts-app', 'alert.closed'), ('alerts-chat', 'Closed: valve is at 9.0')$$,
    'notifies every endpoint once more');

-- A rule that fails.
insert into pipeline_internal.alert_rules (rule, severity, threshold, for_seconds, keep_firing_seconds, summary, query)
values ('broken', 'warning', 5, 0, 0, 'never', 'select nothing');
update pipeline_internal.alert_rules set is_enabled = true where rule = 'PipelineRuleBroken';
insert into measured values ('valve', 12);
select pg_temp.evaluate();
select pg_temp.pass(60);
select pg_temp.evaluate();
select bag_eq(
  $$select rule, subject from pipeline_internal.alerts where closed_at is null$$,
  $$values ('PipelineRuleBroken', 'broken'), ('test', 'valve')$$, 'reports a failing rule without stopping the others');
update pipeline_internal.alert_rules set is_enabled = false where rule = 'test';
select pg_temp.evaluate();
select is(
  (select count(*) from pipeline_internal.alerts where rule = 'test' and closed_at is null), 0::bigint,
  'closes the alerts of a disabled rule');

update pipeline_internal.alert_rules set is_enabled = false where rule = 'broken';
select pg_temp.evaluate();
select is(
  (select count(*) from pipeline_internal.alerts where rule = 'PipelineRuleBroken' and closed_at is null), 0::bigint,
  'closes the report of a disabled rule');

-- The metrics themselves fail.
update pipeline_internal.alert_rules set is_enabled = true where rule = 'test';
delete from pipeline_internal.alert_states where rule = 'test';
select pg_temp.evaluate();
select pg_temp.pass(60);
select is(pg_temp.evaluate(), '1 0', 'opens again when the rule is breached again');
alter function pipeline_internal.metric_samples() rename to metric_samples_of_old;
delete from measured;
select pg_temp.evaluate();
select results_eq(
  $$select rule, subject from pipeline_internal.alerts where closed_at is null order by rule$$,
  $$values ('PipelineRuleBroken', 'test'), ('test', 'valve')$$,
  'reports unreadable metrics and closes no alert');
alter function pipeline_internal.metric_samples_of_old() rename to metric_samples;
select pg_temp.evaluate();
select pg_temp.pass(30);
select pg_temp.evaluate();
select is((select count(*) from pipeline_internal.alerts where closed_at is null), 0::bigint,
  'closes the report when the metrics can be read again');

select * from finish();
rollback;
