-- A token lives on for as long as Auth gave it. Here its account is gone, and what it may have left behind is still there.
begin;
select plan(6);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
create temporary table documents as
  select d.* from (select * from ada union all select * from bob) u, tests.complete_document(user_id, 'one') j
  join upload_pipeline.documents d using (document_id);
grant select on ada, bob, documents to public;

select tests.act_as(user_id) from ada;
select isnt_empty('select from storage.objects', 'Ada sees her file');
select lives_ok('select upload_pipeline.search_chunks(query_text => ''membership'')', 'and searches');
reset role;

delete from auth.users where id = (select user_id from ada);
select isnt_empty(
  $$select from storage.objects o, ada where o.name like '%' || user_id || '%'$$, 'the file waits for its removal');
select tests.act_as(user_id) from ada;
select is_empty('select from storage.objects', 'her token shows it no more');
select throws_ok(
  'select upload_pipeline.search_chunks(query_text => ''membership'')', 'PT401', 'The account of this token was deleted.',
  'nor does it search');
reset role;
-- Auth can also keep the row of a user that it deletes.
update auth.users set deleted_at = now() where id = (select user_id from bob);
select throws_ok(
  format('select pipeline_internal.consume_request(%L)', user_id), 'PT401', null, 'nor one of a user whom Auth only calls deleted') from bob;

select * from finish();
rollback;
