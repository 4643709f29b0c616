begin;
select plan(3);

create temporary table given as select * from tests.job_at('embed');
create temporary table first as select tests.claim('embed', job_id) as lease from given;
create temporary table before as select clock_timestamp() as at;
select tests.retry(lease, 'BUSY', 'busy', 900) from first;
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '900 seconds'
                                               and clock_timestamp() + interval '900 seconds',
  'waits 900 s when the provider asks for more than the backoff and the cap');

create temporary table second as select tests.reclaim('embed', job_id) as lease from given;
update before set at = clock_timestamp();
select tests.retry(lease, 'BUSY', 'busy', 0.5) from second;
select ok(
  tests.due_at((select job_id from given)) between (select at from before) + interval '3.2 seconds'
                                               and clock_timestamp() + interval '4.8 seconds',
  'keeps the backoff when the provider asks for less');
select is(
  (tests.job((select job_id from given))).next_attempt_at, tests.due_at((select job_id from given)),
  'stores the time of the next attempt');

select * from finish();
rollback;
