begin;
select plan(5);

update pipeline_internal.limits set active_documents_per_user = 100;
create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table given as
  select n, j.job_id from ada, generate_series(1, 5) n, lateral tests.job_at('chunk', user_id, 'portion ' || n) j;
select tests.reject(tests.reclaim('chunk', job_id), 'REDRIVE_PORTION', 'bad') from given;
update upload_pipeline.upload_jobs j set finished_at = now() - make_interval(mins => n)
from given where given.job_id = j.job_id;

create temporary table portions (number int, job_count bigint, redriven_count bigint, selection text);
insert into portions
  select 0, job_count, redriven_count, selection from pipeline_internal.redrive_all('REDRIVE_PORTION');
create function pg_temp.next_portion() returns void
language sql as $$
  insert into portions
  select p.number + 1, r.job_count, r.redriven_count, r.selection
  from (select * from portions order by number desc limit 1) p,
    lateral pipeline_internal.redrive_all(
      'REDRIVE_PORTION', p_dry_run => false, p_selection => p.selection, p_limit => 2) r
$$;
select pg_temp.next_portion();
select results_eq(
  'select n, state from given join upload_pipeline.upload_jobs using (job_id) order by n',
  $$values (1, 'deadletter'), (2, 'deadletter'), (3, 'deadletter'), (4, 'queued'), (5, 'queued')$$,
  'redrives the oldest first');
select pg_temp.next_portion();
select pg_temp.next_portion();
select results_eq(
  'select number, job_count, redriven_count from portions order by number',
  $$values (0, 5::bigint, 0::bigint), (1, 5, 2), (2, 3, 2), (3, 1, 1)$$,
  'continues with the selection that the last portion returned');
select is(
  (select selection from portions where number = 3), (select selection from pipeline_internal.redrive_all('NEVER')),
  'names an empty selection at the end');

-- A job that fails again is another failure.
select tests.reject(tests.reclaim('chunk', job_id), 'REDRIVE_PORTION', 'bad') from given where n = 1;
create temporary table again as select * from pipeline_internal.redrive_all('REDRIVE_PORTION');
update upload_pipeline.upload_jobs j set finished_at = finished_at + interval '1 second'
from given where given.job_id = j.job_id and n = 1;
select isnt(
  (select selection from pipeline_internal.redrive_all('REDRIVE_PORTION')), (select selection from again),
  'names another selection after a job has failed again');
select throws_ok(
  $$select pipeline_internal.redrive_all('REDRIVE_PORTION', p_dry_run => false, p_selection => selection) from again$$,
  '55000', 'The dead letter has changed since the dry run: 1 of its documents match now. Nothing was redriven.',
  'redrives nothing with the selection from before');

select * from finish();
rollback;
