begin;
select plan(4);

select tests.set_secret('pipeline_functions_url', null);
select tests.add_stage('wake_nowhere');
select is(pipeline_internal.wake('wake_nowhere'), null, 'returns null without a URL');
select is(tests.calls('wake_nowhere'), 0::bigint, 'queues no request');
select is_empty($$select * from pipeline_internal.worker_runs where stage = 'wake_nowhere'$$, 'stores no run');

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select isnt(pipeline_internal.wake('wake_nowhere'), null, 'calls a worker when the URL is set');

select * from finish();
rollback;
