-- Nobody settles: the lease runs out and the message comes back by itself.
begin;
select plan(4);

create temporary table given as select * from tests.job_at('embed');
create temporary table dead as select tests.claim('embed', job_id) as lease from given;
select is_empty('select * from pipeline_internal.claim(''embed'', 10)', 'while the lease lasts, nobody else gets the job');

create temporary table next as select tests.take_over('embed', job_id) as lease from given;
select is((select (lease).msg_id from next), (select (lease).msg_id from dead), 'when it is over, the next worker gets the same message');
select is((select (lease).read_ct from next), (select (lease).read_ct + 1 from dead), 'counted as another reading');
select results_eq(
  'select j.state, j.attempt_count from given cross join lateral tests.job(given.job_id) j', $$values ('working', 2)$$,
  'and as another attempt');

select * from finish();
rollback;
