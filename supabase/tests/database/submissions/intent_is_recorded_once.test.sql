-- The worker died after it recorded the intent and before it recorded the submission.
begin;
select plan(5);

create temporary table given as select * from tests.job_at('parse');
create temporary table first as
  select s.* from given cross join lateral tests.claim('parse', given.job_id) l
  cross join lateral pipeline_internal.begin_submission(row(l.stage, l.msg_id, l.read_ct)::pipeline_internal.lease) s;
select results_eq('select is_new from first', array[true], 'records the intent at the first attempt');
select results_eq(
  'select provider_job_id, submitted_at, finished_at from pipeline_internal.submissions where job_id = (select job_id '
  'from given)',
  $$values (null::text, null::timestamptz, null::timestamptz)$$, 'records it before the submission');

create temporary table second as
  select s.* from given cross join lateral tests.reclaim('parse', given.job_id) l
  cross join lateral pipeline_internal.begin_submission(row(l.stage, l.msg_id, l.read_ct)::pipeline_internal.lease) s;
select results_eq('select is_new from second', array[false], 'reports an open submission to the second attempt');
select results_eq(
  'select submission_id, requested_at from second', 'select submission_id, requested_at from first',
    'returns the same submission');
select is(
  (select count(*) from pipeline_internal.submissions where job_id = (select job_id from given)), 1::bigint,
    'keeps one submission');

select * from finish();
rollback;
