-- Nobody settles: the lease runs out and the message comes back by itself.
begin;
select plan(6);

create temporary table given as select * from tests.job_at('embed');
create temporary table dead as select tests.claim('embed', job_id) as lease from given;
select is_empty('select * from pipeline_internal.claim(''embed'', 10)', 'while the lease lasts, nobody else gets the job');

select tests.make_due(job_id) from given;
select is_empty('select * from pipeline_internal.claim(''embed'', 10)', 'whoever comes when it is over sees that a worker was lost');
select is(tests.embed((select lease from dead), document_id), false, 'which can change nothing any more') from given;

create temporary table next as select tests.reclaim('embed', job_id) as lease from given;
select is((select (lease).msg_id from next), (select (lease).msg_id from dead), 'after a pause the next worker gets the same message');
select cmp_ok((select (lease).read_ct from next), '>', (select (lease).read_ct from dead), 'counted as another reading');
select results_eq(
  'select j.state, j.attempt_count, j.lost_count from given cross join lateral tests.job(given.job_id) j',
  $$values ('working', 1, 1)$$, 'and as the attempt that was lost');

select * from finish();
rollback;
