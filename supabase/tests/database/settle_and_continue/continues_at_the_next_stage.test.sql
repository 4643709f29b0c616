begin;
select plan(13);

select tests.add_stage('follow_from', 2);
select tests.add_stage('follow_to', 2);
update pipeline_internal.stages set next_stage = 'follow_to' where stage = 'follow_from';
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');
select tests.add_jobs('follow_from', 1);
create temporary table given as select * from tests.claim_all('follow_from');
select is(current_setting('synchronous_commit'), 'on', 'commits synchronously when other sessions act on it');
create temporary table followed as
  select f.* from given, pipeline_internal.settle_and_continue(
    'follow_from', tests.settlements(jsonb_build_array(tests.settlement(lease, '{"outcome": "done"}'))),
    p_next_run_id => '00000000-0000-4000-8000-00000000f011') f;

select results_eq('select settled from followed', 'select array[(lease).msg_id] from given', 'settles the attempt');
select is((select next_stage from followed), 'follow_to', 'begins a run at the next stage');
select is(current_setting('synchronous_commit'), 'off', 'commits asynchronously when no other session acts on it');
select results_eq(
  $$select (attempts[1]).job_id from followed$$, 'select job_id from given',
  'returns the document');
select is(
  (select j.state || ' at ' || j.stage from upload_pipeline.upload_jobs j join given using (job_id)),
    'working at follow_to',
  'claims the document');
select results_eq(
  $$select stage, started_at is not null, ended_at from pipeline_internal.worker_runs
    where run_id = '00000000-0000-4000-8000-00000000f011'$$,
  $$values ('follow_to', true, null::timestamptz)$$, 'counts the run against the stage''s limit');
select is(tests.calls('follow_to'), 0::bigint, 'calls no worker');
select is((select count(*) from tests.claim_all('follow_to')), 0::bigint, 'hides the message from other workers');

select is(
  (select tests.settle(
    row('follow_to', (attempts[1]).msg_id, (attempts[1]).read_ct),
    '{"outcome": "retry", "code": "TEST", "message": "a test"}')
   from followed), true, 'returns a valid lease');

-- The lease ends.
select tests.add_jobs('follow_from', 1);
create temporary table slow as
  select job.* from tests.claim_all('follow_from') c,
    pipeline_internal.settle_and_continue(
      'follow_from', tests.settlements(jsonb_build_array(tests.settlement(c.lease, '{"outcome": "done"}'))),
      p_next_run_id => gen_random_uuid()) f,
    unnest(f.attempts) job;
update pgmq.q_follow_to set vt = now() where msg_id = (select msg_id from slow);
-- The next claim counts the lost attempt; after the backoff the document is claimed.
select * from tests.claim_all('follow_to');
update pgmq.q_follow_to set vt = now() where msg_id = (select msg_id from slow);
select is((select count(*) from tests.claim_all('follow_to')), 1::bigint,
  'lets other workers claim it after the lease');
select is(
  (select tests.settle(row('follow_to', msg_id, read_ct), '{"outcome": "done"}') from slow), false,
  'refuses a settlement of the lost lease');

select results_eq(
  $$select f.settled, f.next_stage from given, pipeline_internal.settle_and_continue(
      'follow_from', tests.settlements(jsonb_build_array(tests.settlement(lease, '{"outcome": "done"}'))),
      p_next_run_id => gen_random_uuid()) f$$,
  $$values (array[]::bigint[], null::text)$$, 'does not continue for a lost lease');

select * from finish();
rollback;
