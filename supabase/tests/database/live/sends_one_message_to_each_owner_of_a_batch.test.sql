begin;
select plan(9);

create temporary table owners as
  select n as name, tests.create_user(n) as user_id from unnest(array['ada', 'bob']) n;
create temporary table given as
  select o.name || k as name, o.user_id, j.job_id, j.document_id
  from owners o, generate_series(1, 2) k, tests.job_at('fetch_result', o.user_id, o.name || k) j;
select tests.end_transaction();
alter table given add column lease pipeline_internal.lease;
update given set lease = tests.reclaim('fetch_result', job_id);
select tests.end_transaction();
create temporary table before as
select name, max(event_no) as event_no from owners, tests.messages_to(user_id) group by 1;

select tests.settle_all('fetch_result', (
  select jsonb_agg(tests.settlement(lease, case name
    when 'bob2' then '{"outcome": "reject", "code": "BAD", "message": "bad"}'::jsonb
    else '{"outcome": "done", "output": {"parsed_path": "p.md", "page_starts": [0]}}' end) order by name) from given));
select tests.end_transaction();
create temporary table sent as
  select o.name, m.* from owners o, tests.messages_to(o.user_id) m join before b on true
  where b.name = o.name and m.event_no > b.event_no;

select results_eq('select name, count(*)::int from sent group by 1 order by 1', $$values ('ada', 1), ('bob', 1)$$,
  'sends one message to each owner');
select results_eq(
  'select s.name, s.event_no from sent s order by 1', 'select name, event_no + 1 from before order by 1',
  'gives each the owner''s next number');
select set_eq(
  $$select m - 'event_no'
    from sent s, jsonb_array_elements(jsonb_build_array(s.payload - 'more') || (s.payload -> 'more')) m$$,
  'select tests.shown(document_id) from given', 'says what document_status shows of every document');
select is_empty(
  $$
    select from sent s, jsonb_array_elements(jsonb_build_array(s.payload) || (s.payload -> 'more')) m, given g
    where g.document_id = (m ->> 'document_id')::uuid
      and g.user_id <> (select user_id from owners o where o.name = s.name)
  $$, 'tells no owner of another''s documents');
select is_empty('select from sent where payload ? ''incomplete''', 'is complete');

-- A rollback to a savepoint takes its moves back, and keeps the earlier ones.
savepoint before_batch;
delete from sent;
create function pg_temp.fail() returns void language plpgsql as $$
begin
  begin
    update upload_pipeline.upload_jobs set state = 'retryable'
    where job_id = (select job_id from given where name = 'ada1');
    raise exception 'stop';
  exception when raise_exception then null;
  end;
end $$;
select pg_temp.fail();
select is(coalesce(current_setting('pipeline.moves', true), ''), '', 'forgets the moves of a failed block');
select tests.end_transaction();
select is((select max(event_no) from owners, tests.messages_to(user_id) where name = 'ada'),
  (select event_no + 1 from before where name = 'ada'), 'sends nothing for it');
update upload_pipeline.upload_jobs set state = 'retryable'
where job_id = (select job_id from given where name = 'ada2');
select pg_temp.fail();
select tests.end_transaction();
select is(
  (select payload - 'event_no' from owners, tests.messages_to(user_id)
   where name = 'ada' order by event_no desc limit 1),
  (select tests.shown(document_id) from given where name = 'ada2'), 'sends the moves before it alone');
rollback to before_batch;
select is((select count(*) from sent), 2::bigint, 'leaves nothing of a transaction that rolls back')
from owners, tests.messages_to(user_id) having max(event_no) = (select max(event_no) from sent);

select * from finish();
rollback;
