-- Not signed in: the role anon.
begin;
select plan(9);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'hers') j;

select ok(not has_schema_privilege('anon', 'upload_pipeline', 'usage'), 'the exposed schema is closed');
select is_empty(
  $$
    select c.relname from pg_class c
    where c.relnamespace = 'upload_pipeline'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and (case when c.relkind = 'S' then has_sequence_privilege('anon', c.oid, 'usage, select, update')
                else has_table_privilege('anon', c.oid, 'select, insert, update, delete, truncate, references, trigger') end)
  $$, 'and so is each relation in it');
select is_empty(
  $$
    select f.oid::regprocedure from pg_proc f
    where f.pronamespace = 'upload_pipeline'::regnamespace and has_function_privilege('anon', f.oid, 'execute')
  $$, 'and each function');

select tests.act_as_anon();
select throws_ok('select * from upload_pipeline.documents', '42501', null, 'reading documents is refused');
select throws_ok('select * from upload_pipeline.document_status', '42501', null, 'reading the view is refused');
select throws_ok('select * from upload_pipeline.search_chunks(query_text => ''crowns'')', '42501', null, 'searching is refused');
select is((select count(*) from storage.objects), 0::bigint, 'no file is seen');
select throws_ok(
  $$insert into storage.objects (bucket_id, name, metadata) values ('files', 'user/x/raw/y.pdf', '{"size": 1}')$$, '42501', null,
  'no file is put');
reset role;
select cmp_ok((select count(*) from storage.objects where bucket_id = 'files'), '>', 0::bigint, 'although there are some');

select * from finish();
rollback;
