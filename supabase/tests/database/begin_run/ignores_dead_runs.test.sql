begin;
select plan(2);

select tests.add_stage('begin_dead', 1);
select from pipeline_internal.begin_run('begin_dead', '00000000-0000-4000-8000-00000000000b');
select is_empty(
  $$select * from pipeline_internal.begin_run('begin_dead', '00000000-0000-4000-8000-00000000000c')$$,
    'refuses a run when the limit is reached');
update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp() - interval '31 seconds'
  where stage = 'begin_dead';
select isnt_empty(
  $$select * from pipeline_internal.begin_run('begin_dead', '00000000-0000-4000-8000-00000000000d')$$,
  'admits a run half a minute after another died');

select * from finish();
rollback;
