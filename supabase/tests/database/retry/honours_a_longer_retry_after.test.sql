begin;
select plan(3);

create temporary table given as select * from tests.job_at('embed');
create temporary table first as select tests.claim('embed', job_id) as lease from given;
create temporary table before as select clock_timestamp() as at;
select tests.retry(lease, 'BUSY', 'busy', 900) from first;
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '900 seconds'
                                               and clock_timestamp() + interval '900 seconds',
  'the provider asked for 900 s, which is longer than the backoff and the cap');

create temporary table second as select tests.reclaim('embed', job_id) as lease from given;
update before set at = clock_timestamp();
select tests.retry(lease, 'BUSY', 'busy', 0.5) from second;
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '3.2 seconds'
                                               and clock_timestamp() + interval '4.8 seconds',
  'the provider asked for half a second, which is shorter: the backoff stays');
select is(
  (tests.job((select job_id from given))).next_attempt_at, tests.due_at((select job_id from given)),
  'the job says when it is tried again');

select * from finish();
rollback;
