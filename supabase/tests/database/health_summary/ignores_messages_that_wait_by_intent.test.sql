begin;
select plan(6);
-- Holds the locks until the test is over.
update pipeline_internal.limits set first_poll_seconds = 3600, max_poll_seconds = 3600;

create temporary table before as select * from pipeline_internal.health_summary();
create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.new_waiting() returns bigint
language sql as $$ select h.waiting_messages - b.waiting_messages from pipeline_internal.health_summary() h,
  before b $$;

create temporary table awaited as select j.* from ada, tests.register(user_id, 'awaited') j;
create temporary table polling as select j.* from ada, tests.job_at('fetch_result', user_id, 'polling') j;
select is(pg_temp.new_waiting(), 0::bigint, 'ignores awaited uploads and polls that are not due');

create temporary table waiting as select j.* from ada, tests.job_at('embed', user_id, 'waiting') j;
select is(pg_temp.new_waiting(), 1::bigint, 'counts due messages');
update pgmq.q_embed set vt = vt - interval '10 minutes' where msg_id = (select message_id from waiting);
select ok(
  (select oldest_message_seconds between 599 and 700 from pipeline_internal.health_summary()),
    'reports the age of the oldest due message');

create temporary table lease as select tests.claim('embed', job_id) as lease from waiting;
select is(pg_temp.new_waiting(), 0::bigint, 'ignores messages of running workers');
select is(
  (select h.dead_letter_jobs - b.dead_letter_jobs from pipeline_internal.health_summary() h, before b), 0::bigint,
    'reports no dead letters');
select tests.reject(lease, 'BAD', 'bad') from lease;
select is(
  (select h.dead_letter_jobs - b.dead_letter_jobs from pipeline_internal.health_summary() h, before b), 1::bigint,
    'reports a dead letter');

select * from finish();
rollback;
