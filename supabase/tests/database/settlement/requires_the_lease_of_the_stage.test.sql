-- Message ids repeat across queues; the stage is part of the lease.
begin;
select plan(3);

create temporary table given as select * from tests.job_at('embed');
create temporary table held as select tests.claim('embed', job_id) as lease from given;
-- A message of the chunk stage has the same id and read count.
insert into pgmq.q_chunk (msg_id, read_ct, vt, message) overriding system value
select (lease).msg_id, (lease).read_ct, clock_timestamp() + interval '1 minute', '{}' from held
on conflict (msg_id) do update set read_ct = excluded.read_ct;
create temporary table before as select tests.snapshot(job_id) as picture from given;

create temporary table wrong as
  select row('chunk', (lease).msg_id, (lease).read_ct)::pipeline_internal.lease as lease from held;
select is(
  tests.reject((select lease from wrong), 'WRONG', 'wrong'), false,
  'refuses the lease of another stage');
select is(tests.snapshot((select job_id from given)), (select picture from before), 'leaves the job unchanged');
select is(
  tests.reject((select lease from held), 'RIGHT', 'right'), true, 'accepts the lease of the stage');

select * from finish();
rollback;
