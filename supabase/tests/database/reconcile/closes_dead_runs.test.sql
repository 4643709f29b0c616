begin;
select plan(3);

select tests.add_stage('reconcile_runs');
create temporary table runs (name text, run_id uuid default gen_random_uuid(), called_ago interval, started boolean,
  beat_ago interval, request_id bigint);
insert into runs (name, called_ago, started, beat_ago) values
  ('never started', '2 minutes', false, null), ('just called', '10 seconds', false, null),
  ('died', '5 minutes', true, '2 minutes'), ('alive', '5 minutes', true, '10 seconds');
insert into runs (name, called_ago, started, request_id)
select 'waits in pg_net', '2 minutes', false, net.http_get('http://127.0.0.1:1/');
insert into pipeline_internal.worker_runs (run_id, stage, called_at, started_at, heartbeat_at, request_id)
select run_id, 'reconcile_runs', now() - called_ago, case when started then now() - called_ago end, now() - beat_ago,
       request_id
from runs;

select cmp_ok((select closed from pipeline_internal.reconcile()), '>=', 2::bigint,
  'closes runs without a heartbeat for a minute');
select results_eq(
  'select name, ended_by, ended_at is not null from pipeline_internal.worker_runs join runs using (run_id) where '
  'ended_by is not null order by name',
  $$values ('died', 'lost', true), ('never started', 'lost', true)$$, 'marks them as lost');
select set_eq(
  'select name from pipeline_internal.worker_runs join runs using (run_id) where ended_at is null',
  array['alive', 'just called', 'waits in pg_net'], 'keeps the other runs open');

select * from finish();
rollback;
