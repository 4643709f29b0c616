begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create temporary table submitted as select j.* from ada, tests.job_at('fetch_result', user_id, 'submitted') j;
create temporary table collected as select j.* from ada, tests.job_at('chunk', user_id, 'collected') j;
create temporary table long_ago as select j.* from ada, tests.job_at('chunk', user_id, 'long ago') j;
update pipeline_internal.submissions set submitted_at = submitted_at - interval '49 hours'
where job_id = (select job_id from long_ago);
create temporary table submitting as select j.* from ada, tests.job_at('parse', user_id, 'submitting') j;
create temporary table intent as
  select s.* from submitting, pipeline_internal.begin_submission(tests.claim('parse', job_id)) s;
select pipeline_internal.delete_document(user_id, document_id)
from (
  select * from submitted union all select * from submitting union all select * from collected union all select *
    from long_ago) j;

select is((select count(*) from pipeline_internal.parse_cancellations), 3::bigint,
  'ignores a parse that the parser no longer has');
delete from pipeline_internal.parse_cancellations where provider_job_id = (select 'provider-' || job_id from collected);
select is((select count(*) from pipeline_internal.parse_cancellations), 2::bigint,
  'deletes a parse whose result was fetched');
select results_eq(
  'select provider_job_id, attempt_count from pipeline_internal.begin_cancellations(10)',
  'select ''provider-'' || job_id, 1 from submitted', 'cancels a known parse now');
select results_eq(
  $$select submission_id, provider_job_id, submission_requested_at from pipeline_internal.parse_cancellations
    where due_at between clock_timestamp() + interval '90 seconds' and clock_timestamp() + interval '2 minutes'$$,
  'select submission_id, null::text, requested_at from intent',
  'looks for an unknown parse after its submission has ended');

select is_empty('select * from pipeline_internal.begin_cancellations(10)', 'does not repeat an attempt at once');
delete from pipeline_internal.file_cleanups;
select is(pipeline_internal.has_due_cleanup(), false, 'has no cleanup due');
update pipeline_internal.parse_cancellations set due_at = due_at - interval '31 seconds'
  where provider_job_id is not null;
select is(pipeline_internal.has_due_cleanup(), true, 'has a cleanup due half a minute later');
select is((select attempt_count from pipeline_internal.begin_cancellations(10)), 2, 'begins another attempt');
select cmp_ok(
  (select due_at from pipeline_internal.parse_cancellations where provider_job_id is not null), '>',
  now() + interval '55 seconds', 'doubles the backoff');

select * from finish();
rollback;
