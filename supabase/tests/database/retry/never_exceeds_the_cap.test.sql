begin;
select plan(1);

update pipeline_internal.stages set backoff_cap_seconds = 5 where stage = 'chunk';
update pipeline_internal.stages set backoff_base_seconds = 5 where stage = 'chunk';
create temporary table given as select * from tests.job_at('chunk');
update upload_pipeline.upload_jobs set attempt_count = 1 where job_id = (select job_id from given);
create temporary table second as select tests.claim('chunk', job_id) as lease from given;
create temporary table before as select clock_timestamp() as at;
select tests.retry(lease, 'SLOW', 'slow') from second;

select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '4 seconds'
                                               and clock_timestamp() + interval '6 seconds',
  'limits a backoff of 10 s to the cap of 5 s, with jitter');

select * from finish();
rollback;
