-- A token stays valid until it expires. Here its account was deleted, and some of its files still exist.
begin;
select plan(6);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
create temporary table documents as
  select d.* from (select * from ada union all select * from bob) u, tests.complete_document(user_id, 'one') j
  join upload_pipeline.documents d using (document_id);
grant select on ada, bob, documents to public;

select tests.act_as(user_id) from ada;
select isnt_empty('select from storage.objects', 'shows the user''s file before the deletion');
select lives_ok('select upload_pipeline.search_chunks(query_text => ''membership'')', 'searches before the deletion');
reset role;

delete from auth.users where id = (select user_id from ada);
select isnt_empty(
  $$select from storage.objects o, ada where o.name like '%' || user_id || '%'$$, 'queues the removal of the file');
select tests.act_as(user_id) from ada;
select is_empty('select from storage.objects', 'hides the file after the deletion');
select throws_ok(
  'select upload_pipeline.search_chunks(query_text => ''membership'')', 'PT401',
    'The account of this token was deleted.',
  'refuses a search after the deletion');
reset role;
-- Auth can also keep the row of a deleted user.
update auth.users set deleted_at = now() where id = (select user_id from bob);
select throws_ok(
  format('select pipeline_internal.consume_request(%L)', user_id), 'PT401', null,
    'refuses a search when Auth marks the user as deleted') from bob;

select * from finish();
rollback;
