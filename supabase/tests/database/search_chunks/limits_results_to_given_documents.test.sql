begin;
select plan(4);

create temporary table ada as select tests.create_user() as user_id;
create temporary table first as select j.* from ada, tests.complete_document(user_id, 'first') j;
create temporary table second as
  select j.* from ada, tests.complete_document(
    user_id, 'second', replace(replace(tests.two_chunks()::text, 'Membership', 'Lifelong membership'), 'library',
      'reading room')::jsonb) j;
grant select on ada, first, second to public;
select tests.act_as(user_id) from ada;

create function pg_temp.found(p_document_ids uuid[]) returns setof uuid
language sql as $$
  select document_id from upload_pipeline.search_chunks(
    tests.axis(1)::extensions.vector(1536), 'membership', 50, p_document_ids)
$$;
select set_eq('select distinct found from pg_temp.found(null)',
  'select document_id from first union select document_id from second', 'searches all documents by default');
select set_eq('select distinct found from pg_temp.found(array[(select document_id from second)])',
  'select document_id from second', 'searches one document');
select is((select count(*) from pg_temp.found(array[(select document_id from second)])), 2::bigint,
  'returns all chunks of that document');
select is_empty('select * from pg_temp.found(''{}'')', 'searches no documents');

select * from finish();
rollback;
