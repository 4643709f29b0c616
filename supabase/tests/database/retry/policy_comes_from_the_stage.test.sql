-- An operator changes a stage's row; the next failure applies it, without a deployment.
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
  'uses the row''s base without jitter');

create temporary table second as select tests.reclaim('embed', job_id) as lease from given;
select is(tests.retry((select lease from second), 'SLOW', 'slow'), true, 'settles the second failure');
select is(
  (tests.job((select job_id from given))).state, 'deadletter', 'rejects after the row''s two attempts');

select * from finish();
rollback;
