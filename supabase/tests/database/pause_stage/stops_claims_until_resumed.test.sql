begin;
select plan(15);

select tests.add_stage('stage_paused', 2);
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');
select tests.add_jobs('stage_paused', 1);
create temporary table claimed as select * from tests.claim_all('stage_paused');

select is(pipeline_internal.pause_stage('stage_paused', 'a test'), true, 'pauses the stage');
select is(pipeline_internal.pause_stage('no_such_stage', 'a test'), false, 'returns false for an unknown stage');
select is(
  (select tests.settle(lease, '{"outcome": "retry", "code": "TEST", "message": "a test", "after_seconds": 900}')
    from claimed), true,
  'settles running attempts');

delete from net.http_request_queue;
select tests.add_jobs('stage_paused', 2);
select is((select count(*) from pipeline_internal.claim('stage_paused', 10)), 0::bigint, 'claims nothing');
select is(
  (select attempts from pipeline_internal.start_run('stage_paused', gen_random_uuid())),
    '{}'::pipeline_internal.attempt[], 'claims nothing in a new run');
select is(tests.calls('stage_paused'), 0::bigint, 'calls no worker when a job is enqueued');
select pipeline_internal.sweep();
select is(tests.calls('stage_paused'), 0::bigint, 'calls no worker in a sweep');
select is(pipeline_internal.has_work('stage_paused'), false, 'ends a run');
select results_eq(
  $$select paused_because, paused_at > now() - interval '1 minute' from pipeline_internal.stages
    where stage = 'stage_paused'$$,
  $$values ('a test', true)$$, 'shows since when and why');
select throws_ok(
  $$update pipeline_internal.stages set paused_because = null where stage = 'stage_paused'$$, '23514', null,
  'refuses a pause without a reason');
select is(
  (select attempt_count from upload_pipeline.upload_jobs where stage = 'stage_paused' and state = 'queued' limit 1), 0,
  'costs no attempt');

update pipeline_internal.worker_runs set ended_at = now() where stage = 'stage_paused';
select is(pipeline_internal.resume_stage('stage_paused'), true, 'resumes the stage');
select is(tests.calls('stage_paused'), 1::bigint, 'calls a worker for the waiting jobs');
select is((select count(*) from pipeline_internal.claim('stage_paused', 10)), 2::bigint, 'claims the waiting jobs');
select is(pipeline_internal.resume_stage('stage_paused'), false, 'returns false when the stage is not paused');

select * from finish();
rollback;
