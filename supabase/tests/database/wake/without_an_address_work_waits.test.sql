begin;
select plan(4);

select tests.set_secret('pipeline_functions_url', null);
select tests.add_stage('wake_nowhere');
select is(pipeline_internal.wake('wake_nowhere'), null, 'nobody can be called');
select is(tests.calls('wake_nowhere'), 0::bigint, 'and nobody is');
select is_empty($$select * from pipeline_internal.worker_runs where stage = 'wake_nowhere'$$, 'no place is taken');

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select isnt(pipeline_internal.wake('wake_nowhere'), null, 'once the address is set, the next call is made');

select * from finish();
rollback;
