begin;
select plan(9);

create temporary table viewer as select tests.create_operator('viewer') as user_id;
grant select on viewer to public;
delete from pipeline_internal.deliveries;
create temporary table jobs as
  select n, (tests.register(tests.create_user(), n::text)).job_id from generate_series(1, 5) n;
insert into pipeline_internal.submissions (job_id, provider_job_id, submitted_at, finished_at, outcome)
select job_id, 'c' || n, now() - make_interval(mins => 30, secs => n),
       case when n < 5 then now() - interval '9 minutes' end,
       'fetched' from jobs;
-- 1 and 2 in time, 3 after the result was fetched, 4 reported only the start, 5 is awaited.
insert into pipeline_internal.deliveries (event_id, event_type, provider_job_id, received_at) values
  ('c1', 'parse.success', 'c1', now() - interval '20 minutes'),
  ('c1-again', 'parse.success', 'c1', now() - interval '8 minutes'),
  ('c2', 'parse.error', 'c2', now() - interval '20 minutes'),
  ('c3', 'parse.success', 'c3', now() - interval '4 minutes'),
  ('c4', 'parse.running', 'c4', now() - interval '29 minutes');
insert into pipeline_internal.audit_log (action, actor, happened_at, network, details) values
  ('webhook_refused', 'visitor', now() - interval '2 minutes', '203.0.113.0/24', '{"reason": "unsigned"}'),
  ('webhook_refused', 'visitor', now() - interval '3 minutes', '198.51.100.0/24', '{"reason": "unsigned"}'),
  ('webhook_refused', 'visitor', now() - interval '3 minutes', '203.0.113.0/24', '{"reason": "too large"}'),
  ('webhook_refused', 'visitor', now() - interval '2 days', '203.0.113.0/24', '{"reason": "long ago"}');

select tests.act_in_console(user_id, 'viewer') from viewer;
select results_eq(
  $$select last_delivery_at, deliveries_24h, refused_24h, submitted_1h, awaited_1h, missing_1h, late_1h
    from pipeline_console.callback_summary()$$,
  $$values (now() - interval '4 minutes', 5::bigint, 3::bigint, 5::bigint, 1::bigint, 1::bigint, 1::bigint)$$,
  'summarises the last day and hour');
select results_eq(
  $$select c.state, c.event_type from pipeline_console.callbacks() c where c.job_id is not null limit 5$$,
  $$values ('received', 'parse.success'), ('received', 'parse.error'), ('late', 'parse.success'),
           ('missing', null), ('awaited', null)$$,
  'says for each submission what became of its callback');
select results_eq(
  'select c.received_at, c.seconds from pipeline_console.callbacks(p_limit => 1) c',
  $$values (now() - interval '20 minutes', 601.0)$$, 'measures a repeated callback by the first');
select is(array_agg(c.state), '{missing}', 'filters by state') from pipeline_console.callbacks(p_state => 'missing') c;
create temporary table page as
  select * from pipeline_console.callbacks(p_limit => 3) order by submitted_at limit 1;
select is(array_agg(c.state order by c.submitted_at desc), '{missing,awaited}', 'continues after the last of a page')
  from page p, pipeline_console.callbacks(p_before_at => p.submitted_at, p_before_id => p.submission_id) c;
select results_eq(
  'select reason, refused_count, network_count, last_at from pipeline_console.callback_refusals()',
  $$values ('unsigned', 2::bigint, 2::bigint, now() - interval '2 minutes'),
           ('too large', 1, 1, now() - interval '3 minutes')$$,
  'counts refusals of a day by reason');
select results_eq(
  $$select count(*), sum(h.submitted_count), sum(h.delivery_count), sum(h.refused_count)
    from pipeline_console.callback_hours(3) h$$,
  $$values (3::bigint, 5::numeric, 5::numeric, 3::numeric)$$, 'counts by the hour');
select is(max(h.since), date_trunc('hour', now()), 'ends with the present hour')
  from pipeline_console.callback_hours() h;
select is(count(*), 24::bigint, 'begins a day before') from pipeline_console.callback_hours() h;

select * from finish();
rollback;
