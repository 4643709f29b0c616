begin;
select plan(14);
select tests.lock_counters();

update cron.job_run_details set status = 'succeeded', start_time = clock_timestamp(), end_time = clock_timestamp();
create function pg_temp.problems(p_kind text) returns setof text language sql as $$
  select format('%s %s: %s', severity, subject, summary) from pipeline_console.overview_problems() where kind = p_kind
$$;
create temporary table operator as select tests.create_operator('viewer') as user_id;
grant select on operator to public;
create function pg_temp.look() returns void language sql as $$
  select tests.act_in_console(user_id, 'viewer') from operator $$;

delete from pipeline_internal.alerts;
delete from cron.job_run_details;
select pg_temp.look();
select is_empty('select * from pipeline_console.overview_problems()', 'shows nothing when nothing is wrong');
reset role;

insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value, closed_at)
values ('PipelineQueueOld', 'parse', 'warning', 'It is old.', 1, 2, 3, null),
       ('PipelineQueueOld', 'chunk', 'warning', 'It was old.', 1, 2, 3, now());
update pipeline_internal.providers set opened_at = now(), probe_at = now(), code = 'PARSER_DOWN', message = 'it failed'
where provider = 'llamaparse';
select pipeline_internal.pause_stage('embed', 'the account is moved');
select pg_temp.look();
select results_eq($$select pg_temp.problems('alert')$$, array['warning PipelineQueueOld: It is old.'],
  'shows open alerts only');
select results_eq($$select pg_temp.problems('circuit')$$,
  array['critical llamaparse: The circuit of llamaparse is open: it failed.'], 'shows an open circuit');
select results_eq($$select pg_temp.problems('pause')$$,
  array['warning embed: The stage embed is paused: the account is moved.'], 'shows a paused stage, and why');
select results_eq('select kind from pipeline_console.overview_problems() limit 1', array['circuit'],
  'shows critical problems first');
reset role;

-- The schedules' runs.
create function pg_temp.run(p_schedule text, p_status text, p_age interval) returns void language sql as $$
  insert into cron.job_run_details (jobid, runid, job_pid, database, username, command, status, return_message,
    start_time, end_time)
  select jobid, 900000000 + (select count(*) from cron.job_run_details), 1, database, username, command, p_status,
         p_status, now() - p_age, now() - p_age
  from cron.job where jobname = p_schedule
$$;
select pg_temp.run('pipeline-sweep', 'succeeded', '10 seconds');
select pg_temp.run('pipeline-purge', 'succeeded', '2 hours');
select pg_temp.look();
select is_empty($$select pg_temp.problems('schedule')$$, 'shows no schedule whose next turn is to come') ;
reset role;
select pg_temp.run('pipeline-alerts', 'succeeded', '1 hour');
select pg_temp.run('pipeline-alerts', 'failed', '1 minute');
select pg_temp.run('pipeline-roll-up', 'failed', '1 minute');
select pg_temp.look();
select set_eq($$select split_part(pg_temp.problems('schedule'), ':', 1)$$,
  array['critical pipeline-alerts', 'critical pipeline-roll-up'],
  'shows a schedule that succeeds no more, and one that never did');
select matches((select p from pg_temp.problems('schedule') p where p ~ 'alerts'),
  'has not succeeded since .* UTC: failed\.$', 'says since when, and why');
reset role;
select cron.alter_job(jobid, active => false) from cron.job where jobname = 'pipeline-purge';
select pg_temp.look();
select ok('warning pipeline-purge: The schedule pipeline-purge is switched off.' in (
  select pg_temp.problems('schedule')), 'shows a schedule that is switched off');
reset role;

select pipeline_internal.add_endpoint('ops', 'https://ops.example.com', array['document.completed']);
select pipeline_internal.notify('document.completed', '{}', 'text');
select pg_temp.look();
select is_empty($$select pg_temp.problems('notifications')$$, 'shows no message that is about to be sent');
reset role;
update pipeline_internal.outbox set given_up_at = now(), last_error = 'it answered 500';
select pg_temp.look();
select results_eq($$select pg_temp.problems('notifications')$$,
  array['warning ops: 1 messages to the endpoint ops were not delivered: it answered 500.'],
  'shows messages that were given up');
reset role;
update pipeline_internal.endpoints set is_enabled = false where name = 'ops';
select pg_temp.look();
select results_eq($$select pg_temp.problems('notifications')$$,
  array['critical ops: The endpoint ops is disabled, and 1 messages to it wait.'], 'shows a disabled endpoint');

reset role;
insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value)
select 'PipelineQueueOld', 'stage ' || n, 'warning', 'It is old.', 1, 2, 3 from generate_series(1, 60) n;
select pg_temp.look();
select is((select count(*) from pipeline_console.overview_problems()), 50::bigint, 'shows fifty at most');
select isnt((select count(*) from pg_temp.problems('notifications')), 0::bigint, 'shows the critical ones of more');

select * from finish();
rollback;
