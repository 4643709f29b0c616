begin;
select plan(4);

create temporary table failed as select (tests.job_at('embed', tests.create_user(), 'failed')).job_id;
select tests.reject(tests.claim('embed', job_id), 'BAD_CHUNK', 'too long') from failed;
select results_eq(
  $$select stage, code, message, failed_attempts, filename, to_redrive from pipeline_monitoring.dead_letter$$,
  $$select 'embed', 'BAD_CHUNK', 'too long', 1, 'failed.pdf'::text,
    format('select pipeline_internal.redrive(%L)', job_id) from failed$$,
  'shows the error and the redrive statement');
select lives_ok((select to_redrive from pipeline_monitoring.dead_letter), 'runs the redrive statement');
select is_empty('select * from pipeline_monitoring.dead_letter', 'is empty after the redrive');

select tests.record_event(tests.job(job_id), 'uploaded', now() - age, type, 'parse', code)
from failed, (values ('retry', 'TIMEOUT', interval '1 minute'), ('retry', 'TIMEOUT', '30 minutes'),
  ('pause', 'RATE_LIMITED', '2 hours'),
                     ('retry', 'TIMEOUT', '25 hours')) v (type, code, age);
select results_eq(
  $$select time_window, type, stage, code, event_count from pipeline_monitoring.errors
    where stage = 'parse' order by time_window, type$$,
  $$values ('1 hour', 'retry', 'parse', 'TIMEOUT', 2::bigint), ('24 hours', 'pause', 'parse', 'RATE_LIMITED', 1),
           ('24 hours', 'retry', 'parse', 'TIMEOUT', 2), ('5 minutes', 'retry', 'parse', 'TIMEOUT', 1)$$,
  'counts errors by code in each time window');

select * from finish();
rollback;
