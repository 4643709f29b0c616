-- The worker polls, the parser answers "not yet", and the webhook arrives before it settles.
begin;
select plan(7);

create temporary table given as select * from tests.job_at('fetch_result');
create temporary table lease as select tests.reclaim('fetch_result', job_id) as lease from given;
create temporary table before as select tests.snapshot(job_id) as picture from given;

select is(
  pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-' || job_id, null, 'r'), 'accepted',
  'accepts a webhook during a poll') from given;
select is(tests.snapshot((select job_id from given)), (select picture from before), 'keeps the worker''s lease');
select is(tests.poll_later((select lease from lease)), true, 'settles the poll');
select ok(tests.due_at((select job_id from given)) <= clock_timestamp(), 'makes the message due at once');

create temporary table again as select tests.claim('fetch_result', job_id) as lease from given;
select isnt((select (lease).msg_id from again), null, 'claims the message again');
select is(tests.poll_later((select lease from again)), true, 'settles another poll');
select ok(
  tests.due_at((select job_id from given)) > clock_timestamp() + interval '5 seconds',
  'waits for the next poll after the webhook was used');

select * from finish();
rollback;
