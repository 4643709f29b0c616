begin;
select plan(4);

create temporary table given as
  select n, j.job_id, tests.reclaim('fetch_result', j.job_id) as lease
  from generate_series(1, 3) n, tests.job_at('fetch_result', p_seed => n::text) j;
create temporary table mark as select max(event_no) as event_no from upload_pipeline.events;
create function pg_temp.events_of(p_n int) returns text
language sql as $$
  select string_agg(concat_ws(' ', e.type, e.status, e.code), ', ' order by e.event_no)
  from given join upload_pipeline.events e using (job_id) where n = p_n and e.event_no > (select event_no from mark)
$$;

select is(
  (select count(*) from tests.settle_all('fetch_result', (
    select jsonb_agg(tests.settlement(lease, case when n < 3
      then '{"outcome": "done", "output": {"parsed_path": "p.md", "page_starts": [0]}}'::jsonb
      else '{"outcome": "reject", "code": "BAD", "message": "bad"}' end)) from given))),
  3::bigint, 'settles two fetched results and a rejection');
select is(pg_temp.events_of(1), 'status parsed, status parse_validated',
  'records the first job''s transitions in order, once each');
select is(pg_temp.events_of(2), 'status parsed, status parse_validated', 'records the second job''s transitions');
select is(pg_temp.events_of(3), 'failure failed_parse BAD, status failed_parse',
  'records only the failure of the third job');

select * from finish();
rollback;
