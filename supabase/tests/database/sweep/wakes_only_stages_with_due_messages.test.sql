begin;
select plan(6);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select tests.add_stage('sweep_idle');
select tests.add_stage('sweep_due');
select tests.add_stage('sweep_later');
select tests.add_stage('sweep_busy', 1);
select pgmq.send('sweep_due', '{}');
select pgmq.send('sweep_later', '{}', 60);
select pgmq.send('sweep_busy', '{}');
select from pipeline_internal.begin_run('sweep_busy', '00000000-0000-4000-8000-000000000011');

select cmp_ok(pipeline_internal.sweep(), '>=', 1, 'has a due message without a wake-up');
select is(tests.calls('sweep_due'), 1::bigint, 'wakes the stage');
select is(tests.calls('sweep_idle'), 0::bigint, 'wakes no stage without messages');
select is(tests.calls('sweep_later'), 0::bigint, 'wakes no stage without due messages');
select is(tests.calls('sweep_busy'), 0::bigint, 'wakes no stage at its limit');
select pgmq.set_vt('sweep_later', msg_id, 0) from pgmq.q_sweep_later;
select pipeline_internal.sweep();
select is(tests.calls('sweep_later'), 1::bigint, 'wakes the stage when its message is due');

select * from finish();
rollback;
