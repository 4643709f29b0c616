begin;
select plan(7);

create temporary table hers as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'hers') j;
grant select on hers to authenticated;
create function pg_temp.becomes_anonymous(p_is_anonymous boolean) returns void language sql as $$
  select set_config('request.jwt.claims', jsonb_build_object(
    'sub', user_id, 'role', 'authenticated', 'is_anonymous', p_is_anonymous)::text, true)
  from hers
$$;
select pg_temp.becomes_anonymous(true), set_config('role', 'authenticated', true);
select is((select count(*) from upload_pipeline.document_status), 0::bigint, 'no documents');
select is((select count(*) from upload_pipeline.document_chunks), 0::bigint, 'no passages');
select throws_ok(
  $$select from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$, '42501', null, 'no search');
reset role;
update pipeline_internal.limits set allow_anonymous_users = true;
set local role authenticated;
select is((select count(*) from upload_pipeline.document_status), 1::bigint, 'what is theirs, where they are allowed');
select lives_ok(
  $$select from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$, 'and search');
reset role;
update pipeline_internal.limits set allow_anonymous_users = false;
select pg_temp.becomes_anonymous(false);
set local role authenticated;
select is((select count(*) from upload_pipeline.document_status), 1::bigint, 'who says that they are not is a user');
select is((select count(*) from upload_pipeline.documents), 1::bigint, 'of one''s own');
reset role;

select * from finish();
rollback;
