begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as
  select k, j.job_id, j.document_id from ada, generate_series(1, 3) k, tests.register(user_id, 'doc' || k) j;
select tests.end_transaction();
create function pg_temp.last() returns jsonb
language sql as $$
  select payload || jsonb_build_object('length', octet_length(payload::text))
  from ada, tests.messages_to(user_id) order by event_no desc limit 1
$$;
create function pg_temp.warn(p_k int, p_length int) returns void
language sql as $$
  update upload_pipeline.documents
  set warnings = jsonb_build_array(
    jsonb_build_object('code', 'PAGES_CUT', 'message', repeat('x', p_length), 'pages', '[1]'::jsonb))
  where document_id = (select document_id from given where k = p_k);
$$;

select pg_temp.warn(1, 90000), pg_temp.warn(2, 90000), pg_temp.warn(3, 90000);
select tests.end_transaction();
select cmp_ok((pg_temp.last() ->> 'length')::int, '<', 250000, 'stays below the limit of Realtime');
select is(
  pg_temp.last() ->> 'document_id', (select document_id::text from given where k = 3), 'begins with the last move');
select is(jsonb_array_length(pg_temp.last() -> 'more'), 1, 'leaves out the earliest');
select is(pg_temp.last() -> 'incomplete', 'true', 'says so');
select is(
  (select document_ids from ada join upload_pipeline.live_events e using (user_id) order by event_no desc limit 1),
  (select array_agg(document_id order by k desc) from given), 'keeps all of them with the number');

select pg_temp.warn(2, 250000);
select tests.end_transaction();
select cmp_ok((pg_temp.last() ->> 'length')::int, '<', 1000, 'cuts the warnings of a single document');
select is(pg_temp.last() - '{event_no,length}'::text[],
  (select tests.shown(document_id) - 'warnings' || '{"incomplete": true}' from given where k = 2), 'says the rest');
select pg_temp.warn(2, 250000 + 1), pg_temp.warn(1, 10);
select tests.end_transaction();
select is(pg_temp.last() -> 'more' -> 0, null, 'leaves out the one that is too long');
select is(pg_temp.last() -> 'incomplete', 'true', 'says so');

select * from finish();
rollback;
