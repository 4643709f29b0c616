-- LlamaParse answers from its cache before the worker has stored the parse id.
begin;
select plan(8);

create temporary table ada as select tests.create_user() as user_id;

create temporary table by_provider as select j.* from ada, tests.job_at('parse', user_id, 'by provider') j;
create temporary table first as select tests.claim('parse', job_id) as lease from by_provider;
create temporary table first_submission as
  select s.submission_id from first cross join lateral pipeline_internal.begin_submission(lease) s;
select is(
  pipeline_internal.receive_delivery('event-1', 'parse.success', 'provider-early', null, 'r'), 'unknown_job',
  'accepts the webhook of an unknown parse');
select is(
  tests.finish_parse((select lease from first), (select submission_id from first_submission), 'provider-early'),
  true, 'settles the submission');
select ok(tests.due_at((select job_id from by_provider)) <= clock_timestamp(), 'makes the fetch due at once');

create temporary table by_job as select j.* from ada, tests.job_at('parse', user_id, 'by job') j;
create temporary table second as select tests.claim('parse', job_id) as lease from by_job;
create temporary table second_submission as
  select s.submission_id from second cross join lateral pipeline_internal.begin_submission(lease) s;
create temporary table before as select tests.snapshot(job_id) as picture from by_job;
select is(
  pipeline_internal.receive_delivery('event-2', 'parse.success', null, job_id, 'r'), 'accepted',
  'accepts the webhook at the job''s own URL') from by_job;
select is(tests.snapshot((select job_id from by_job)), (select picture from before), 'keeps the worker''s lease');
select tests.finish_parse((select lease from second), (select submission_id from second_submission), 'provider-2');
select ok(tests.due_at((select job_id from by_job)) <= clock_timestamp(), 'makes the fetch due at once');

create temporary table stale as select j.* from ada, tests.job_at('parse', user_id, 'stale') j;
select is(
  pipeline_internal.receive_delivery('event-3', 'parse.error', 'provider-old', job_id, 'r'), 'accepted',
  'accepts a webhook of an earlier submission') from stale;
select tests.finish_parse(job_id, 'provider-new') from stale;
select ok(
  tests.due_at((select job_id from stale)) > clock_timestamp() + interval '3 seconds',
    'ignores it for the new submission');

select * from finish();
rollback;
