-- A user who knows only the sha256 of another user's file learns and gets nothing from it.
begin;
select plan(7);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'secret') j;
create temporary table bob as select u as user_id from tests.create_user('bob') u;
grant select on ada, bob to public;
create temporary table tries as
  select content, r.* from bob, unnest(array['secret', 'unheard of']) content
  cross join lateral pipeline_internal.register_upload(
    user_id, 'guess.pdf', 'application/pdf', 1000, encode(extensions.digest(content, 'sha256'), 'hex'), false, 'r') r;
grant select on tries to public;

select results_eq(
  $$select outcome, filename, limit_value, retry_after_seconds from tries where content = 'secret'$$,
  $$select outcome, filename, limit_value, retry_after_seconds from tries where content = 'unheard of'$$,
  'answers a registration like one of unknown content');
select is_empty('select from tries join ada using (document_id)', 'does not name the other user''s document');
select results_eq(
  $$select status, state from upload_pipeline.upload_jobs where document_id in (select document_id from tries)$$,
  $$values ('awaiting_upload', 'queued'), ('awaiting_upload', 'queued')$$, 'still requires the bytes');
select is_empty(
  $$select from upload_pipeline.documents join tries using (document_id)
    where parsed_path is not null or page_count is not null$$,
  'takes over nothing from the other user''s document');

select tests.act_as(user_id) from bob;
select is_empty(
  $$select from upload_pipeline.documents where file_sha256 = encode(extensions.digest('secret', 'sha256'), 'hex')
    and filename <> 'guess.pdf'$$,
  'finds only the user''s own documents');
select is_empty('select from upload_pipeline.document_chunks', 'shows no text of the other document');
select is_empty('select from storage.objects', 'shows no file of the other document');
reset role;

select * from finish();
rollback;
