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
  'does not return a lease that another worker reclaimed');
select ok(
  tests.due_at((select job_id from jobs where name = 'held')) > clock_timestamp() + interval '50 seconds',
  'extends a lease that is held');
select ok(
  tests.due_at((select job_id from jobs where name = 'lost')) < clock_timestamp() + interval '6 seconds',
  'does not extend the other lease');
select is_empty(
  $$select * from pipeline_internal.extend_leases('embed', '{}', '{}')$$, 'returns nothing without leases');

select * from finish();
rollback;
