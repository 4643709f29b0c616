-- Message ids repeat from queue to queue; the stage is part of the lease.
begin;
select plan(3);

create temporary table given as select * from tests.job_at('embed');
create temporary table held as select tests.claim('embed', job_id) as lease from given;
create temporary table before as select tests.picture(job_id) as picture from given;

create temporary table wrong as
  select row('chunk', (lease).msg_id, (lease).read_ct)::pipeline_internal.lease as lease from held;
select is(
  pipeline_internal.reject((select lease from wrong), 'WRONG', 'wrong'), false,
  'a lease that names another queue settles nothing');
select is(tests.picture((select job_id from given)), (select picture from before), 'the job is as it was');
select is(
  pipeline_internal.reject((select lease from held), 'RIGHT', 'right'), true, 'its own lease does');

select * from finish();
rollback;
