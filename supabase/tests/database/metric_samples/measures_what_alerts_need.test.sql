begin;
select plan(11);
select tests.lock_counters();

create function pg_temp.sample(p_name text, p_labels jsonb default '{}') returns double precision language sql as $$
  select value from pipeline_internal.metric_samples() where name = p_name and labels = p_labels
$$;
create temporary table before as select * from pipeline_internal.metric_samples();
create function pg_temp.grown(p_name text, p_labels jsonb default '{}') returns double precision language sql as $$
  select pg_temp.sample(p_name, p_labels) - (select value from before where name = p_name and labels = p_labels)
$$;

-- The error class.
create temporary table given as select tests.job_at('parse', p_seed => 'fault' || n) as j, n
  from generate_series(1, 3) n;
select tests.reject(tests.reclaim('parse', (j).job_id), case n when 1 then 'NOT_A_PDF' else 'INTERNAL_ERROR' end, 'bad')
  from given;
select is(pg_temp.grown('pipeline_dead_letter_jobs', '{"error_class": "document"}'), 1::double precision,
  'counts a dead letter of class document');
select is(pg_temp.grown('pipeline_dead_letter_jobs', '{"error_class": "pipeline"}'), 2::double precision,
  'counts other dead letters as class pipeline');
select pipeline_internal.count_events(
  (select counted_to from pipeline_internal.roll_up), pg_sequence_last_value('upload_pipeline.events_event_no_seq'));
select cmp_ok(pg_temp.grown('pipeline_failures_total', '{"error_class": "document"}'), '>=', 1::double precision,
  'counts failures of class document');
select cmp_ok(pg_temp.grown('pipeline_failures_total', '{"error_class": "pipeline"}'), '>=', 2::double precision,
  'counts failures of class pipeline, even after a redrive');

-- Calls of workers.
create temporary table earlier as select pg_temp.sample('pipeline_worker_calls') as calls;
insert into pipeline_internal.worker_runs (stage, called_at, started_at, ended_at, ended_by) values
  ('parse', now() - interval '1 minute', now(), now(), 'drained'),
    ('parse', now() - interval '1 minute', null, null, null),
  ('parse', now() - interval '1 minute', null, now(), 'lost'),
    ('parse', now() - interval '1 minute', null, now(), 'refused'),
  ('parse', now() - interval '2 hours', null, now(), 'lost'), ('parse', clock_timestamp(), null, null, null);
select is(pg_temp.sample('pipeline_worker_calls') - calls, 5::double precision, 'counts the calls of the last hour')
  from earlier;
select is(
  pg_temp.grown('pipeline_worker_calls_unanswered'), 2::double precision,
  'counts calls without an answer after ten seconds, except refused ones');

-- Notifications.
select pipeline_internal.add_endpoint('deaf', 'https://a.example.com', array['alert.opened']);
select pipeline_internal.notify('alert.opened', '{}', '');
select is(pg_temp.sample('pipeline_notifications_given_up', '{"endpoint": "deaf"}'), 0::double precision,
  'writes a notification');
update pipeline_internal.outbox set given_up_at = now();
select is(pg_temp.sample('pipeline_notifications_given_up', '{"endpoint": "deaf"}'), 1::double precision,
  'counts notifications that were given up');

-- Sign-ins.
select pipeline_internal.record_failed_sign_in('nobody@example.test', repeat(d, 64), 'invalid_credentials', 'r', null)
from unnest(array['a', 'a', 'b']) d;
select is(pg_temp.grown('pipeline_failed_sign_ins', '{"scope": "project"}'), 3::double precision,
  'counts failed sign-ins of the last 15 minutes');
select cmp_ok(pg_temp.sample('pipeline_failed_sign_ins', '{"scope": "account"}'), '>=', 2::double precision,
  'returns the most failed sign-ins of one account');

-- Schedules.
insert into cron.job_run_details (jobid, runid, status, start_time, end_time)
select j.jobid, -n, 'failed', now() - n * interval '9 minutes', now() from cron.job j, generate_series(1, 2) n
  where j.jobname = 'pipeline-purge';
select is(
  pg_temp.grown('pipeline_schedule_failures', '{"schedule": "pipeline-purge"}'), 1::double precision,
    'counts failed runs of a schedule');

select * from finish();
rollback;
