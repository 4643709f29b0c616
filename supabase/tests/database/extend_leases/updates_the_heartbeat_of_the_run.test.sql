begin;
select plan(3);

select tests.add_stage('extend_alive');
insert into pipeline_internal.worker_runs (run_id, stage, started_at, heartbeat_at)
values ('00000000-0000-4000-8000-000000000001', 'extend_alive', now() - interval '2 minutes',
  now() - interval '2 minutes'),
       ('00000000-0000-4000-8000-000000000002', 'extend_alive', now() - interval '2 minutes',
         now() - interval '2 minutes');
select is_empty('select * from pipeline_internal.live_runs where stage = ''extend_alive''',
  'counts runs without a heartbeat for two minutes as dead');

select pipeline_internal.extend_leases('extend_alive', '{}', '{}', '00000000-0000-4000-8000-000000000001');
select results_eq(
  'select run_id from pipeline_internal.live_runs where stage = ''extend_alive''',
  array['00000000-0000-4000-8000-000000000001'::uuid], 'updates the heartbeat of its own run only');
update pipeline_internal.worker_runs set heartbeat_at = now() - interval '2 minutes' where stage = 'extend_alive';
select from pipeline_internal.claim('extend_alive', 1, '00000000-0000-4000-8000-000000000002');
select results_eq(
  'select run_id from pipeline_internal.live_runs where stage = ''extend_alive''',
  array['00000000-0000-4000-8000-000000000002'::uuid], 'updates the heartbeat in a claim');

select * from finish();
rollback;
