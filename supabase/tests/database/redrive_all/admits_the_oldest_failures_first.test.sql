begin;
select plan(3);

update pipeline_internal.limits set active_documents_per_user = 2;
create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create temporary table given (name text, n int, job_id uuid);
create function pg_temp.fail(p_name text, p_n int) returns void
language plpgsql as $$
declare
  v_job_id uuid := tests.upload((select user_id from people where name = p_name), p_n::text);
begin
  perform tests.reject(tests.claim('parse', v_job_id), 'REDRIVE_LINE', 'bad');
  update upload_pipeline.upload_jobs set finished_at = now() - make_interval(hours => p_n) where job_id = v_job_id;
  insert into given values (p_name, p_n, v_job_id);
end $$;
select pg_temp.fail(name, n) from unnest(array['ada', 'ben']) name, generate_series(1, 4) n;

select is(
  (select redriven_count from pipeline_internal.redrive_all('REDRIVE_LINE', p_dry_run => false)), 8::bigint,
    'redrives eight jobs');
select results_eq(
  'select name, n, queue_position from given join upload_pipeline.document_status using (job_id) order by name, n desc',
  $$
    values ('ada', 4, null::int), ('ada', 3, null), ('ada', 2, 1), ('ada', 1, 2),
           ('ben', 4, null), ('ben', 3, null), ('ben', 2, 1), ('ben', 1, 2)
  $$, 'admits each user''s two oldest failures and queues the others');
select is(
  (select count(*) from tests.claim_all('parse') c join given using (job_id)), 4::bigint,
    'lets workers claim four jobs');

select * from finish();
rollback;
