begin;
select plan(15);

select tests.add_stage('stage_paused', 2);
select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:9/functions/v1');
select tests.add_jobs('stage_paused', 1);
create temporary table begun as select * from tests.claim_all('stage_paused');

select is(pipeline_internal.pause_stage('stage_paused', 'a test'), true, 'the stage is paused');
select is(pipeline_internal.pause_stage('no_such_stage', 'a test'), false, 'one that does not exist is not');
select is(
  (select tests.settle(lease, '{"outcome": "retry", "code": "TEST", "message": "a test", "after_seconds": 900}') from begun), true,
  'what was begun is settled');

delete from net.http_request_queue;
select tests.add_jobs('stage_paused', 2);
select is((select count(*) from pipeline_internal.claim('stage_paused', 10)), 0::bigint, 'nothing more is claimed');
select is(
  (select attempts from pipeline_internal.start_run('stage_paused', gen_random_uuid())), '{}'::pipeline_internal.attempt[], 'a run that begins gets nothing');
select is(tests.calls('stage_paused'), 0::bigint, 'who enqueues calls nobody');
select pipeline_internal.sweep();
select is(tests.calls('stage_paused'), 0::bigint, 'nor does the sweeper');
select is(pipeline_internal.has_work('stage_paused'), false, 'so a run that finds the queue closed ends');
select results_eq(
  $$select paused_because, paused_at > now() - interval '1 minute' from pipeline_internal.stages where stage = 'stage_paused'$$,
  $$values ('a test', true)$$, 'since when and why can be seen');
select throws_ok(
  $$update pipeline_internal.stages set paused_because = null where stage = 'stage_paused'$$, '23514', null,
  'there is no pause without a reason');
select is(
  (select attempt_count from upload_pipeline.upload_jobs where stage = 'stage_paused' and state = 'queued' limit 1), 0,
  'waiting costs no attempt');

update pipeline_internal.worker_runs set ended_at = now() where stage = 'stage_paused';
select is(pipeline_internal.resume_stage('stage_paused'), true, 'it is resumed');
select is(tests.calls('stage_paused'), 1::bigint, 'and called for what waits');
select is((select count(*) from pipeline_internal.claim('stage_paused', 10)), 2::bigint, 'which can be claimed');
select is(pipeline_internal.resume_stage('stage_paused'), false, 'a stage that is not paused is not resumed');

select * from finish();
rollback;
