begin;
select plan(16);

select tests.add_stage('console_pause', 2);
select tests.add_jobs('console_pause', 3);
create temporary table operator as select tests.create_operator() as user_id;
create temporary table viewer as select tests.create_operator('viewer') as user_id;
grant select on operator, viewer to public;

select tests.act_in_console(user_id) from operator;
select throws_ok(
  $$select pipeline_console.pause_stage('console_pause', '  ')$$, '22023', 'A pause needs a reason.',
  'refuses a pause without a reason');
select throws_ok(
  $$select pipeline_console.pause_stage('no_such_stage', 'a test')$$, '22023', 'Unknown stage: no_such_stage.',
  'refuses an unknown stage');
select throws_ok(
  $$select pipeline_console.resume_stage('console_pause')$$, 'PT409', 'console_pause is not paused.',
  'refuses to resume a stage that is not paused');
select lives_ok($$select pipeline_console.pause_stage('console_pause', ' the account is being moved ')$$, 'pauses');
select throws_ok(
  $$select pipeline_console.pause_stage('console_pause', 'another reason')$$, 'PT409',
  'console_pause is already paused: the account is being moved', 'keeps the reason of the operator who came first');
select results_eq(
  $$select paused_because, paused_at is not null, due_count, working_count, postponed_count, slots, max_invocations
    from pipeline_console.stages('1 hour') where stage = 'console_pause'$$,
  $$values ('the account is being moved', true, 3::bigint, 0::bigint, 0::bigint, 3::smallint, 2::smallint)$$,
  'shows the pause, the queue and the slots');

reset role;
select is((select count(*) from pipeline_internal.claim('console_pause', 10)), 0::bigint, 'holds the jobs');
select results_eq(
  $$select a.action, a.details from pipeline_internal.audit_log a, operator o
    where a.operator_id = o.user_id and a.action <> 'setting_changed'$$,
  $$values ('pause_stage', '{"stage": "console_pause", "reason": "the account is being moved"}'::jsonb)$$,
  'writes an audit entry that names the operator');

select tests.act_in_console(user_id, 'viewer') from viewer;
select throws_ok(
  $$select pipeline_console.resume_stage('console_pause')$$, '42501', 'This needs the role operator.',
  'refuses a viewer');
select isnt_empty($$select from pipeline_console.stages('1 hour')$$, 'lets a viewer read');
select isnt_empty($$select from pipeline_console.stages('1 hour') where per_minute = 0$$, 'shows a stage without work');
select set_eq(
  $$select stage from pipeline_console.stages('5 minutes') where "position" <= (
      select "position" from pipeline_console.stages('5 minutes') where stage = 'embed')$$,
  array['parse', 'console_pause', 'fetch_result', 'chunk', 'embed'], 'keeps the order of the stages');

select tests.act_in_console(user_id) from operator;
select lives_ok($$select pipeline_console.resume_stage('console_pause')$$, 'resumes');
reset role;
select is((select count(*) from pipeline_internal.claim('console_pause', 10)), 3::bigint, 'lets the jobs go');
select is(
  (select count(*) from pipeline_internal.audit_log a, operator o
   where a.operator_id = o.user_id and a.action = 'resume_stage'), 1::bigint, 'audits it');

select tests.record_event(tests.job(job_id), 'uploaded', now() - interval '1 minute', 'retry', 'console_pause', 'SLOW')
from upload_pipeline.upload_jobs where stage = 'console_pause' limit 1;
select tests.act_in_console(user_id, 'viewer') from viewer;
select results_eq(
  $$select type, code, event_count from pipeline_console.stage_errors('1 hour') where stage = 'console_pause'$$,
  $$values ('retry', 'SLOW', 1::bigint)$$, 'shows the errors of a stage');

select * from finish();
rollback;
