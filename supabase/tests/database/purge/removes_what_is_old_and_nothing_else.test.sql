begin;
select plan(3);

select tests.add_stage('purge');
insert into pipeline_internal.worker_runs (stage, started_at, ended_at, ended_by)
values ('purge', now() - interval '8 days', now() - interval '8 days', 'old'),
       ('purge', now() - interval '6 days', now() - interval '6 days', 'recent'),
       ('purge', now() - interval '9 days', null, 'open');
insert into pipeline_internal.deliveries (event_id, event_type, received_at)
values ('purge old', 'parse.success', now() - interval '31 days'), ('purge recent', 'parse.success', now() - interval '29 days');
create temporary table given as select * from tests.job_at('embed');
create temporary table before as select tests.picture(job_id) as picture from given;

select pipeline_internal.purge();
select set_eq(
  $$select ended_by from pipeline_internal.worker_runs where stage = 'purge'$$, array['recent', 'open'], 'runs are kept for a week');
select set_eq(
  $$select event_id from pipeline_internal.deliveries where event_id like 'purge %'$$, array['purge recent'], 'deliveries for a month');
select is(tests.picture((select job_id from given)), (select picture from before), 'documents are none of its business');

select * from finish();
rollback;
