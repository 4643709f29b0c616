begin;
select plan(10);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'shared') j;
create temporary table bob as select j.* from tests.create_user('bob') u, tests.complete_document(u, 'shared') j;
grant select on ada, bob to public;

create function pg_temp.found(p_mode text, p_document_ids uuid[] default null) returns setof uuid
language sql as $$
  select document_id from upload_pipeline.search_chunks(
    query_embedding => tests.axis(1)::extensions.vector(1536), query_text => 'membership crowns library', match_count => 50,
    document_ids => p_document_ids, mode => p_mode)
$$;

select tests.act_as(user_id) from ada;
select set_eq(format('select distinct found from pg_temp.found(%L)', mode), 'select document_id from ada', 'Ada finds her document by ' || mode)
from unnest(array['hybrid', 'vector', 'text']) mode;
select is_empty(
  format('select * from pg_temp.found(%L, array[%L]::uuid[])', mode, (select document_id from bob)),
  'naming Bob''s does not show it, by ' || mode)
from unnest(array['hybrid', 'vector', 'text']) mode;
select set_eq(
  $$select distinct found from pg_temp.found('hybrid', array[(select document_id from ada), (select document_id from bob)])$$,
  'select document_id from ada', 'naming both shows one');

select tests.act_as((select user_id from bob));
select set_eq('select distinct found from pg_temp.found(''hybrid'')', 'select document_id from bob', 'Bob finds his');
select tests.act_as(gen_random_uuid());
select is_empty('select * from pg_temp.found(''hybrid'')', 'a new user finds nothing');
reset role;
select is(
  (select count(*) from upload_pipeline.document_chunks where user_id in (select user_id from ada union select user_id from bob)), 4::bigint,
  'while four chunks are there');

select * from finish();
rollback;
