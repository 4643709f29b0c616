begin;
select plan(13);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.pages() returns int language sql as $$
  select used_count from pipeline_internal.rate_limits, ada where key = 'pages:' || user_id
$$;
create function pg_temp.submit(p_job_id uuid, p_page_count int) returns table (submission_id uuid, wait_seconds int)
language sql as $$
  select s.submission_id, s.wait_seconds
  from tests.claim('parse', p_job_id) lease, pipeline_internal.begin_submission(lease, null, p_page_count) s
$$;

update pipeline_internal.limits set pages_per_user_per_day = 10, expected_bytes_per_page = 250;
create temporary table parsing as select j.* from ada, tests.job_at('parse', user_id, 'parsing') j;
create temporary table sent as select s.* from parsing, pg_temp.submit(job_id, 7) s;
select results_eq('select submission_id is not null, wait_seconds from sent', $$values (true, null::int)$$,
  'begins a submission');
select is(pg_temp.pages(), 7, 'counts the known page count');
select results_eq(
  'select s.submission_id, s.wait_seconds from parsing, tests.reclaim(''parse'', job_id) lease, '
  'pipeline_internal.begin_submission(lease, null, 7) s',
  'select submission_id, null::int from sent', 'finds an existing submission');
select is(pg_temp.pages(), 7, 'counts nothing for an existing submission');

create temporary table late as select j.* from ada, tests.register(user_id, 'late') j;
create temporary table untold as select j.* from ada, tests.job_at('parse', user_id, 'untold') j;
create temporary table guessed as select s.* from untold, pg_temp.submit(job_id, null) s;
select is(pg_temp.pages(), 11, 'estimates the pages from the size, and lets the last submission exceed the limit');
select tests.store_object(document_id) from late;
create temporary table leased as select l as lease from late, tests.claim('parse', job_id) l;
select results_eq(
  'select s.submission_id, s.wait_seconds between 80000 and 86400 from leased, '
  'pipeline_internal.begin_submission(lease, null, 1) s',
  $$values (null::uuid, true)$$, 'refuses further submissions until the next day');
select is_empty('select from pipeline_internal.submissions join late using (job_id)',
  'begins no submission when the limit is used up');
select results_eq(
  $$select outcome, limit_name, limit_value from ada, pipeline_internal.register_upload(
      user_id, 'x.pdf', 'application/pdf', 1000, repeat('e', 64), false, 'req')$$,
  $$values ('daily_limit', 'pages_per_user_per_day', 10::bigint)$$, 'refuses a registration when the limit is used up');

-- The parser read 3 of the 4 pages, and two workers report it.
select tests.finish_parse(lease, submission_id, 'p-untold')
from untold join guessed on true, tests.reclaim('parse', job_id) lease;
create function pg_temp.report_pages(p_quantity int) returns void language sql as $$
  select pipeline_internal.record_charges(
    tests.charge(job_id, 'parse:' || submission_id, 'parse', p_quantity), array[job_id]) from untold, guessed
$$;
select pg_temp.report_pages(3);
select is(pg_temp.pages(), 10, 'corrects the count to what the parser read');
select pg_temp.report_pages(3);
select is(pg_temp.pages(), 10, 'corrects the count once');
select pipeline_internal.record_charges(tests.charge(job_id, 'parse:' || submission_id, 'parse', 9), '{}')
  from untold, guessed;
select is(pg_temp.pages(), 10, 'ignores the report of a lost lease');

update pipeline_internal.rate_limits set resets_at = clock_timestamp()
  where key = (select 'pages:' || user_id from ada);
select results_eq(
  'select s.submission_id is not null from leased, pipeline_internal.begin_submission(lease, null, 1) s',
  array[true], 'allows submissions on the next day');
delete from auth.users where id = (select user_id from ada);
select is(pg_temp.pages(), null, 'removes the count of a deleted account');

select * from finish();
rollback;
