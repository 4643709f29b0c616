begin;
select plan(12);

select tests.add_stage('purge');
insert into pipeline_internal.worker_runs (stage, started_at, ended_at, ended_by)
values ('purge', now() - interval '8 days', now() - interval '8 days', 'old'),
       ('purge', now() - interval '6 days', now() - interval '6 days', 'recent'),
       ('purge', now() - interval '9 days', null, 'open');
insert into pipeline_internal.deliveries (event_id, event_type, received_at)
values ('purge old', 'parse.success', now() - interval '31 days'),
  ('purge recent', 'parse.success', now() - interval '29 days');
insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value, closed_at)
values ('purge', 'old', 'warning', '', 0, 1, 1, now() - interval '91 days'),
       ('purge', 'recent', 'warning', '', 0, 1, 1, now() - interval '89 days'),
         ('purge', 'open', 'warning', '', 0, 1, 1, null);
select pipeline_internal.add_endpoint('purge', 'https://a.example.com', array['alert.opened']);
insert into pipeline_internal.outbox (endpoint_id, message_id, type, body, created_at, delivered_at, given_up_at)
select endpoint_id, m.id, 'alert.opened', '{}', coalesce(m.created_at, now()), m.delivered_at, m.given_up_at
from pipeline_internal.endpoints, (values
  ('old', now() - interval '31 days', null, null), ('given up', null, now() - interval '31 days', null),
  ('of an endpoint that was switched off', null, null, now() - interval '31 days'),
  ('recent', now() - interval '29 days', null, null), ('waiting', null, null, null)) m (id, delivered_at, given_up_at,
    created_at)
where name = 'purge';
select pgmq.archive('purge', pgmq.send('purge', '{"n": 1}')), pgmq.archive('purge', pgmq.send('purge', '{"n": 2}'));
update pgmq.a_purge set archived_at = now() - interval '31 days' where message ->> 'n' = '1';
insert into cron.job_run_details (jobid, runid, status, end_time)
values (-1, -1, 'old', now() - interval '2 days'), (-1, -2, 'recent', now() - interval '23 hours');

insert into pipeline_internal.question_vectors (user_id, model, key, embedding, used_at)
select tests.create_user(), m.name, repeat('a', 64), tests.axis(1)::extensions.halfvec(1536), m.used_at
from (values ('purge old', now() - interval '31 days'), ('purge recent', now() - interval '29 days')) m (name, used_at);

create temporary table done as select * from tests.complete_document(tests.create_user(), 'done');
create temporary table given as select * from tests.job_at('embed');
create temporary table before as select tests.snapshot(job_id) as picture from given;
update upload_pipeline.upload_jobs set finished_at = now() - interval '366 days'
  where job_id = (select job_id from done);
insert into upload_pipeline.events (document_id, job_id, user_id, type, status, code, created_at)
select document_id, job_id, user_id, 'retry', 'complete', 'OLD', now() - interval '366 days' from done
union all select document_id, job_id, user_id, 'retry', 'complete', 'RECENT', now() - interval '364 days' from done
union all select document_id, job_id, user_id, 'retry', 'complete', 'UNFINISHED', now() - interval '366 days'
  from given;
insert into pipeline_internal.charges (purpose, model, quantity, cents, user_id, document_id, job_id, day)
select 'parse', 'purge', 1, 1, user_id, document_id, job_id, now() - interval '4 years' from done
union all select 'search', 'purge', 2, 1, user_id, null, null, now() - interval '4 years' from done;

select pipeline_internal.purge();
select set_eq(
  $$select ended_by from pipeline_internal.worker_runs where stage = 'purge'$$, array['recent', 'open'],
    'keeps runs for seven days');
select set_eq(
  $$select event_id from pipeline_internal.deliveries where event_id like 'purge %'$$, array['purge recent'],
    'keeps deliveries for thirty days');
select set_eq($$select subject from pipeline_internal.alerts where rule = 'purge'$$, array['recent', 'open'],
  'keeps closed alerts for ninety days');
select set_eq(
  $$select message_id from pipeline_internal.outbox join pipeline_internal.endpoints using (endpoint_id)
    where name = 'purge'$$,
  array['recent', 'waiting'], 'keeps notifications for thirty days, and pending ones longer');
select set_eq($$select message ->> 'n' from pgmq.a_purge$$, array['2'], 'keeps archived messages for thirty days');
select set_eq(
  $$select model from pipeline_internal.question_vectors where model like 'purge %'$$, array['purge recent'],
    'keeps questions for thirty days');
select set_eq($$select status from cron.job_run_details where jobid = -1$$, array['recent'],
  'keeps runs of pg_cron for a day');
select set_eq(
  $$select code from upload_pipeline.events where code in ('OLD', 'RECENT', 'UNFINISHED')$$,
    array['RECENT', 'UNFINISHED'],
  'keeps events for a year, and those of unfinished documents longer');
select set_eq(
  $$select purpose from pipeline_internal.charges where model = 'purge'$$, array['parse'],
    'keeps charges of existing documents');
delete from upload_pipeline.events where code = 'UNFINISHED';
select is(tests.snapshot((select job_id from given)), (select picture from before), 'keeps documents');

update pipeline_internal.retention set days = 5 where category = 'worker_runs';
select is(
  (select removed_count from pipeline_internal.purge() where category = 'worker_runs'), 1::bigint,
    'applies changed days');
select is_empty(
  $$select category from pipeline_internal.retention except select category from pipeline_internal.purge()$$,
    'purges every category of retention');

select * from finish();
rollback;
