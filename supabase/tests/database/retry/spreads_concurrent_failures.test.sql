begin;
select plan(2);

create temporary table ada as select tests.create_user() as user_id;
create temporary table jobs as
  select (tests.job_at('parse', user_id, 'paper ' || n)).job_id from ada, generate_series(1, 12) n;
create temporary table delays as
  select tests.retry(row('parse', msg_id, read_ct)::pipeline_internal.lease, 'DOWN', 'down'), job_id,
         clock_timestamp() as at
  from pipeline_internal.claim('parse', 100);

select cmp_ok(
  (select max(next_attempt_at - at) - min(next_attempt_at - at)
   from delays join upload_pipeline.upload_jobs using (job_id)),
  '>', interval '0.2 seconds', 'gives twelve concurrent failures different delays');
select is(
  (select count(*) from delays join upload_pipeline.upload_jobs using (job_id)
   where next_attempt_at < at + interval '1 second' or next_attempt_at > at + interval '2.4 seconds'),
  0::bigint, 'keeps every delay within the jitter');

select * from finish();
rollback;
