begin;
select plan(10);

select tests.add_provider('well_again');
update pipeline_internal.stages set batch = 2 where stage = 'well_again';
create temporary table jobs as select job_id from tests.add_jobs('well_again', 5) as job_id;
select is(pipeline_internal.probe_provider('well_again'), 0::bigint, 'a provider that is asked anyway is left as it is');

-- One is at work already when the provider asks the next one for patience; another comes only later.
create temporary table leases as select * from tests.claim_all('well_again', 2);
select tests.settle(lease, tests.fault('throttled', 600)) from leases limit 1;
create temporary table at_work as select job_id from leases offset 1;
create temporary table paused as select job_id from leases limit 1;
update upload_pipeline.upload_jobs set waiting_for = 'PARSER_AT_WORK', next_attempt_at = now() + interval '1 hour'
where job_id = (select max(job_id::text)::uuid from jobs where job_id not in (select job_id from leases));
create temporary table before as select j.* from upload_pipeline.upload_jobs j where job_id in (select job_id from jobs);
select ok(tests.is_probe_due_in('well_again', 600), 'it is left alone');
select is_empty($$select from tests.claim_all('well_again')$$, 'nobody is claimed meanwhile');

select is(pipeline_internal.probe_provider('well_again'), 1::bigint, 'one had been told to wait');
select ok(tests.is_probe_due_in('well_again', 0), 'the probe is due');
select is(
  (select next_attempt_at <= clock_timestamp() from upload_pipeline.upload_jobs join paused using (job_id)), true, 'and so is the document');
select results_eq(
  $$select to_jsonb(j) from upload_pipeline.upload_jobs j join jobs using (job_id) where job_id not in (select job_id from paused) order by job_id$$,
  $$select to_jsonb(b) from before b where job_id not in (select job_id from paused) order by job_id$$,
  'those that are at work, wait for the parser or were due are as they were');
create temporary table probe as select * from tests.claim_all('well_again');
select is((select count(*) from probe), 1::bigint, 'one of all asks');
select tests.settle(lease, tests.fault('throttled', 600)) from probe;
select is_empty($$select from tests.claim_all('well_again')$$, 'if it is refused, the others stay where they are');
select ok(tests.is_probe_due_in('well_again', 600), 'until the next probe');

select * from finish();
rollback;
