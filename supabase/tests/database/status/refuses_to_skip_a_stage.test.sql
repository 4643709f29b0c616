begin;
select plan(5);

create temporary table given as select * from tests.job_at('chunk');
create temporary table before as select tests.snapshot(job_id) as picture from given;

create function pg_temp.move_to(p_status text) returns text
language sql as $$
  select format('update upload_pipeline.upload_jobs set status = %L where job_id = %L', p_status,
    (select job_id from given))
$$;
select throws_ok(pg_temp.move_to('embedding_queued'), '23514', null, 'refuses embedding before chunking');
select throws_ok(pg_temp.move_to('parse_queued'), '23514', null, 'refuses a return to the parser');
select throws_ok(
  pg_temp.move_to('chunks_stored'), '23514', format('job %s cannot move from parse_validated to chunks_stored',
    (select job_id from given)),
  'names the job and the transition');
select throws_ok(pg_temp.move_to('no_such_status'), '23514', null, 'refuses an unknown status');
select is(tests.snapshot((select job_id from given)), (select picture from before), 'leaves the job unchanged');

select * from finish();
rollback;
