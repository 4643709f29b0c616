-- An operator changes a stage's row; the next failure follows it, without a deployment.
begin;
select plan(3);

create temporary table given as select * from tests.job_at('embed');
update pipeline_internal.stages set max_attempts = 2, backoff_base_seconds = 100, jitter = 0 where stage = 'embed';

create temporary table first as select tests.claim('embed', job_id) as lease from given;
create temporary table before as select clock_timestamp() as at;
select tests.retry(lease, 'SLOW', 'slow') from first;
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '100 seconds'
                                               and clock_timestamp() + interval '100 seconds',
  'the base is the row''s, and without jitter it is exact');

create temporary table second as select tests.reclaim('embed', job_id) as lease from given;
select is(tests.retry((select lease from second), 'SLOW', 'slow'), true, 'the second attempt fails');
select is(
  (tests.job((select job_id from given))).state, 'deadletter', 'two attempts are all there are');

select * from finish();
rollback;
