-- A parse that LlamaParse charged is not submitted again, unless LlamaParse itself failed.
begin;
select plan(2);

create temporary table ada as select tests.create_user() as user_id;
create temporary table ours as select j.* from ada, tests.job_at('fetch_result', user_id, 'ours') j;
update pipeline_internal.stages set max_attempts = 1 where stage = 'fetch_result';
select tests.retry(tests.reclaim('fetch_result', job_id), 'INTERNAL_ERROR', 'we could not fetch it') from ours;
create temporary table theirs as select j.* from ada, tests.job_at('fetch_result', user_id, 'theirs') j;
select tests.reject(tests.reclaim('fetch_result', job_id), 'PDF_IS_BROKEN', 'they gave it up') from theirs;
select pipeline_internal.redrive(job_id) from (select job_id from ours union all select job_id from theirs) j;

create temporary table leases as select job_id, row('parse', msg_id, read_ct)::pipeline_internal.lease as lease
  from pipeline_internal.claim('parse', 10);
select results_eq(
  'select s.is_new from leases join ours using (job_id) cross join lateral pipeline_internal.begin_submission(lease) s',
    array[false],
  'finds the submission when the pipeline failed');
select results_eq(
  'select s.is_new from leases join theirs using (job_id) cross join lateral '
  'pipeline_internal.begin_submission(lease) s', array[true],
  'begins a new submission when LlamaParse failed');

select * from finish();
rollback;
