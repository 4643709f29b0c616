-- The worker died between telling us that it would submit and telling us that it had.
begin;
select plan(5);

create temporary table given as select * from tests.job_at('parse');
create temporary table first as
  select s.* from given cross join lateral tests.claim('parse', given.job_id) l
  cross join lateral pipeline_internal.begin_submission(row(l.stage, l.msg_id, l.read_ct)::pipeline_internal.lease) s;
select results_eq('select is_new from first', array[true], 'the first attempt records the intent');
select results_eq(
  'select provider_job_id, submitted_at, finished_at from pipeline_internal.submissions where job_id = (select job_id from given)',
  $$values (null::text, null::timestamptz, null::timestamptz)$$, 'before it submits anything');

create temporary table second as
  select s.* from given cross join lateral tests.reclaim('parse', given.job_id) l
  cross join lateral pipeline_internal.begin_submission(row(l.stage, l.msg_id, l.read_ct)::pipeline_internal.lease) s;
select results_eq('select is_new from second', array[false], 'the second attempt is told to look before it pays again');
select results_eq(
  'select submission_id, requested_at from second', 'select submission_id, requested_at from first', 'for the same submission');
select is(
  (select count(*) from pipeline_internal.submissions where job_id = (select job_id from given)), 1::bigint, 'there is only one');

select * from finish();
rollback;
