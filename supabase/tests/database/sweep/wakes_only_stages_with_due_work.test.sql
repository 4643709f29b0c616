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

select cmp_ok(pipeline_internal.sweep(), '>=', 1, 'a wake-up was lost');
select is(tests.calls('sweep_due'), 1::bigint, 'the sweeper makes it good');
select is(tests.calls('sweep_idle'), 0::bigint, 'a stage without work sleeps on');
select is(tests.calls('sweep_later'), 0::bigint, 'so does one whose work is not due');
select is(tests.calls('sweep_busy'), 0::bigint, 'and one that runs as often as it may is not called');
select pgmq.set_vt('sweep_later', msg_id, 0) from pgmq.q_sweep_later;
select pipeline_internal.sweep();
select is(tests.calls('sweep_later'), 1::bigint, 'when its time comes, the sweeper calls');

select * from finish();
rollback;
