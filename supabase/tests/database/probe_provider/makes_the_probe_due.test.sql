begin;
select plan(10);

select tests.add_provider('well_again');
update pipeline_internal.stages set batch = 2 where stage = 'well_again';
create temporary table jobs as select job_id from tests.add_jobs('well_again', 5) as job_id;
select is(pipeline_internal.probe_provider('well_again'), 0::bigint, 'changes nothing when the circuit is closed');

-- One job runs when the provider asks the next one to wait; another comes later.
create temporary table leases as select * from tests.claim_all('well_again', 2);
select tests.settle(lease, tests.fault('throttled', 600)) from leases limit 1;
create temporary table at_work as select job_id from leases offset 1;
create temporary table paused as select job_id from leases limit 1;
update upload_pipeline.upload_jobs set waiting_for = 'PARSER_AT_WORK', next_attempt_at = now() + interval '1 hour'
where job_id = (select max(job_id::text)::uuid from jobs where job_id not in (select job_id from leases));
create temporary table before as select j.* from upload_pipeline.upload_jobs j
  where job_id in (select job_id from jobs);
select ok(tests.is_probe_due_in('well_again', 600), 'opens the circuit');
select is_empty($$select from tests.claim_all('well_again')$$, 'claims nothing while the circuit is open');

select is(pipeline_internal.probe_provider('well_again'), 1::bigint, 'finds one paused job');
select ok(tests.is_probe_due_in('well_again', 0), 'makes the probe due');
select is(
  (select next_attempt_at <= clock_timestamp() from upload_pipeline.upload_jobs join paused using (job_id)), true,
    'makes the paused job due');
select results_eq(
  $$select to_jsonb(j) from upload_pipeline.upload_jobs j join jobs using (job_id)
    where job_id not in (select job_id from paused) order by job_id$$,
  $$select to_jsonb(b) from before b where job_id not in (select job_id from paused) order by job_id$$,
  'leaves running, polling and due jobs unchanged');
create temporary table probe as select * from tests.claim_all('well_again');
select is((select count(*) from probe), 1::bigint, 'claims one job as the probe');
select tests.settle(lease, tests.fault('throttled', 600)) from probe;
select is_empty($$select from tests.claim_all('well_again')$$, 'keeps the other jobs when the probe fails');
select ok(tests.is_probe_due_in('well_again', 600), 'waits for the next probe');

select * from finish();
rollback;
