begin;
select plan(7);

update pipeline_internal.limits set active_documents_per_user = 2, uploads_per_user_per_day = 1000;
create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create temporary table of_ada as
  select n, tests.upload(user_id, n::text) as job_id from people, generate_series(1, 500) n
    where name = 'ada' order by n;
create temporary table of_ben as select tests.upload(user_id, 'one') as job_id from people where name = 'ben';

select ok(tests.due_at(job_id) <= clock_timestamp(), 'makes the other user''s document due at once') from of_ben;
select is(
  (select count(*) from of_ada join upload_pipeline.upload_jobs using (job_id) where message_id is not null), 2::bigint,
  'has two of five hundred documents before it');
select is((select max(queue_position) from upload_pipeline.document_status join of_ada using (job_id)), 498,
  'queues the others');

-- One worker, one message at a time: the first user twice, then the other user.
create temporary table worked (ord int generated always as identity, job_id uuid);
create function pg_temp.work_one() returns void
language plpgsql as $$
declare
  v_claimed record;
begin
  select * into v_claimed from tests.claim_all('parse', 1);
  insert into worked (job_id) values (v_claimed.job_id);
  perform tests.reject(v_claimed.lease, 'BAD', 'bad');
end $$;
select pg_temp.work_one() from generate_series(1, 4);
select is((select ord from worked join of_ben using (job_id)), 3, 'claims it third');
select results_eq(
  'select n from worked join of_ada using (job_id) order by ord', 'values (1), (2), (3)',
    'admits the five hundred in order');

create temporary table next_of_ben as select tests.upload(user_id, 'two') as job_id from people where name = 'ben';
select pg_temp.work_one() from generate_series(1, 3);
select is((select ord from worked join next_of_ben using (job_id)), 7,
  'claims the other user''s next document after as short a wait');
select is(
  (select count(*) from of_ada join upload_pipeline.upload_jobs using (job_id) where message_id is not null), 2::bigint,
  'keeps two of the five hundred active throughout');

select * from finish();
rollback;
