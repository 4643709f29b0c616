-- No worker settles: the lease ends and the message becomes visible.
begin;
select plan(6);

create temporary table given as select * from tests.job_at('embed');
create temporary table dead as select tests.claim('embed', job_id) as lease from given;
select is_empty('select * from pipeline_internal.claim(''embed'', 10)', 'claims nothing while the lease lasts');

select tests.make_due(job_id) from given;
select is_empty('select * from pipeline_internal.claim(''embed'', 10)', 'records a lost attempt after the lease');
select is(tests.embed((select lease from dead), document_id), false, 'refuses the settlement of the lost lease')
  from given;

create temporary table next as select tests.reclaim('embed', job_id) as lease from given;
select is((select (lease).msg_id from next), (select (lease).msg_id from dead),
  'claims the same message after the backoff');
select cmp_ok((select (lease).read_ct from next), '>', (select (lease).read_ct from dead), 'counts another read');
select results_eq(
  'select j.state, j.attempt_count, j.lost_count from given cross join lateral tests.job(given.job_id) j',
  $$values ('working', 1, 1)$$, 'counts one lost attempt');

select * from finish();
rollback;
