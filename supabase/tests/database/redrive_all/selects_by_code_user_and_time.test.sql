begin;
select plan(10);

create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create function pg_temp.fail(p_name text, p_code text, p_ago interval) returns void
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('chunk', (select user_id from people where name = p_name), p_code
    || p_ago);
begin
  perform tests.reject(tests.reclaim('chunk', v_job.job_id), p_code, 'bad');
  update upload_pipeline.upload_jobs set finished_at = now() - p_ago where job_id = v_job.job_id;
end $$;
select pg_temp.fail(name, code, ago)
from unnest(array['ada', 'ben']) name, unnest(array['REDRIVE_ONE', 'REDRIVE_TWO']) code,
     unnest(array['1 hour', '2 hours', '3 hours']::interval[]) ago;
-- An active job is never redriven.
create temporary table healthy as select j.job_id from people, tests.job_at('chunk', user_id, 'healthy') j
  where name = 'ada';
create temporary table healthy_before as select tests.snapshot(job_id) as picture from healthy;

create function pg_temp.count_of(
  p_code text default null, p_name text default null, p_from interval default null, p_until interval default null
) returns bigint
language sql as $$
  select job_count from pipeline_internal.redrive_all(
    p_code, (select user_id from people where name = p_name), now() - p_from, now() - p_until)
$$;
select is(pg_temp.count_of('REDRIVE_ONE'), 6::bigint, 'selects by code');
select is(pg_temp.count_of(p_name => 'ada'), 6::bigint, 'selects by user');
select is(pg_temp.count_of('REDRIVE_ONE', p_from => '2 hours'), 4::bigint, 'selects from a time on, inclusive');
select is(pg_temp.count_of('REDRIVE_ONE', p_until => '2 hours'), 2::bigint, 'selects up to a time, exclusive');
select is(pg_temp.count_of('REDRIVE_TWO', 'ben', '3 hours', '1 hour'), 2::bigint, 'selects by all conditions together');
select is(pg_temp.count_of('REDRIVE_THREE'), 0::bigint, 'selects none when none match');

select results_eq(
  $$
    select job_count, redriven_count
    from people, pipeline_internal.redrive_all('REDRIVE_TWO', user_id, now() - interval '3 hours',
      now() - interval '1 hour', p_dry_run => false)
    where name = 'ben'
  $$, 'values (2::bigint, 2::bigint)', 'redrives the selected jobs');
select results_eq(
  $$
    select name, count(*), min(stage) from people join upload_pipeline.upload_jobs using (user_id)
    where state = 'queued' and job_id not in (select job_id from healthy) group by name
  $$, $$values ('ben', 2::bigint, 'chunk')$$, 'restarts each at the failed stage');
select is(pg_temp.count_of('REDRIVE_TWO', 'ben'), 1::bigint, 'empties the dead letter');
select is(tests.snapshot(job_id), picture, 'leaves active jobs unchanged') from healthy, healthy_before;

select * from finish();
rollback;
