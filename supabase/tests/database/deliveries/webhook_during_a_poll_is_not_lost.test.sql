-- The worker asks, hears "not yet", and before it can say so the webhook arrives.
begin;
select plan(7);

create temporary table given as select * from tests.job_at('fetch_result');
create temporary table lease as select tests.reclaim('fetch_result', job_id) as lease from given;
create temporary table before as select tests.snapshot(job_id) as picture from given;

select is(
  pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-' || job_id, null, 'r'), 'accepted',
  'the webhook comes while a worker asks') from given;
select is(tests.snapshot((select job_id from given)), (select picture from before), 'it leaves the worker''s lease alone');
select is(tests.poll_later((select lease from lease)), true, 'the worker heard "not yet"');
select ok(tests.due_at((select job_id from given)) <= clock_timestamp(), 'but is to ask again at once');

create temporary table again as select tests.claim('fetch_result', job_id) as lease from given;
select isnt((select (lease).msg_id from again), null, 'it does');
select is(tests.poll_later((select lease from again)), true, 'and hears "not yet" once more');
select ok(
  tests.due_at((select job_id from given)) > clock_timestamp() + interval '5 seconds',
  'the webhook is used up: now it waits');

select * from finish();
rollback;
