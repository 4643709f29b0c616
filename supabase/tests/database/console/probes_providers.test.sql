begin;
select plan(9);

select tests.add_provider('console_probe', p_requests_per_minute => 60, p_request_burst => 100);
update pipeline_internal.stages set batch = 2 where stage = 'console_probe';
select tests.add_jobs('console_probe', 3);
create temporary table operator as select tests.create_operator() as user_id;
grant select on operator to public;

select tests.act_in_console(user_id) from operator;
select throws_ok(
  $$select pipeline_console.probe_provider('console_probe')$$, 'PT409', 'The circuit of console_probe is closed.',
  'refuses to probe a closed circuit');
select throws_ok(
  $$select pipeline_console.probe_provider('nobody')$$, '22023', 'Unknown provider: nobody.', 'refuses an unknown one');
select results_eq(
  $$select circuit, opened_at, due_count, stages, request_level, request_burst
    from pipeline_console.providers() where provider = 'console_probe'$$,
  $$values ('closed', null::timestamptz, 3::numeric, array['console_probe'], 100.00, 100::real)$$,
  'shows a closed circuit, the bucket and what waits');

reset role;
create temporary table leases as select * from tests.claim_all('console_probe', 1);
select tests.settle(lease, tests.fault('throttled', 600)) from leases;
select tests.act_in_console(user_id) from operator;
select results_eq(
  $$select circuit, fault, code, message, probe_at > now() + interval '9 minutes', due_count, postponed_count
    from pipeline_console.providers() where provider = 'console_probe'$$,
  $$values ('open', 'throttled', 'THROTTLED', 'the provider said so', true, 2::numeric, 1::numeric)$$,
  'shows since when and why the circuit is open, and what waits');
select is(pipeline_console.probe_provider('console_probe'), 1::bigint, 'makes the postponed job due');
select is(
  (select circuit from pipeline_console.providers() where provider = 'console_probe'), 'half-open',
  'shows that a probe is due');

reset role;
select results_eq(
  $$select a.action, a.details from pipeline_internal.audit_log a, operator o where a.operator_id = o.user_id$$,
  $$values ('probe_provider', '{"provider": "console_probe", "made_due": 1}'::jsonb)$$, 'audits it');

-- Time passes, and the bucket has a debt.
update pipeline_internal.providers set request_level = -30, refilled_at = clock_timestamp() - interval '1 minute'
where provider = 'console_probe';
select tests.act_in_console(user_id) from operator;
select cmp_ok(
  (select request_level from pipeline_console.providers() where provider = 'console_probe'), '>=', 30.0,
  'refills the bucket up to now');
select isnt_empty(
  $$select from pipeline_console.providers() where provider = 'llamaparse' and stages = '{parse,fetch_result}'$$,
  'names the stages that call a provider');

select * from finish();
rollback;
