begin;
select plan(4);

create temporary table ada as select tests.create_user() as user_id;
create temporary table jobs as
  select name, (tests.job_at('embed', user_id, name)).job_id from ada, unnest(array['held', 'lost']) name;
create temporary table leases as
  select name, msg_id, read_ct from pipeline_internal.claim('embed', 10) join jobs using (job_id);
select tests.reclaim('embed', job_id) from jobs where name = 'lost';

update pgmq.q_embed set vt = clock_timestamp() + interval '5 seconds';
select results_eq(
  $$select extend_leases from pipeline_internal.extend_leases(
      'embed', (select array_agg(msg_id) from leases), (select array_agg(read_ct) from leases))$$,
  $$select msg_id from leases where name = 'held'$$,
  'the lease that another worker took over is not returned');
select ok(
  tests.due_at((select job_id from jobs where name = 'held')) > clock_timestamp() + interval '50 seconds',
  'the lease still held is prolonged');
select ok(
  tests.due_at((select job_id from jobs where name = 'lost')) < clock_timestamp() + interval '6 seconds',
  'the other one is not');
select is_empty(
  $$select * from pipeline_internal.extend_leases('embed', '{}', '{}')$$, 'nothing held, nothing returned');

select * from finish();
rollback;
