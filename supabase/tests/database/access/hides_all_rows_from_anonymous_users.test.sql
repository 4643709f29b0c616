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
select is((select count(*) from upload_pipeline.document_status), 0::bigint,
  'shows no documents when anonymous users are not allowed');
select is((select count(*) from upload_pipeline.document_chunks), 0::bigint,
  'shows no chunks when anonymous users are not allowed');
select throws_ok(
  $$select from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$, '42501', null,
    'refuses a search when anonymous users are not allowed');
reset role;
update pipeline_internal.limits set allow_anonymous_users = true;
set local role authenticated;
select is((select count(*) from upload_pipeline.document_status), 1::bigint,
  'shows the user''s own documents when anonymous users are allowed');
select lives_ok(
  $$select from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$,
    'searches when anonymous users are allowed');
reset role;
update pipeline_internal.limits set allow_anonymous_users = false;
select pg_temp.becomes_anonymous(false);
set local role authenticated;
select is((select count(*) from upload_pipeline.document_status), 1::bigint,
  'treats a user with is_anonymous = false as a user');
select is((select count(*) from upload_pipeline.documents), 1::bigint, 'shows only the user''s own rows');
reset role;

select * from finish();
rollback;
