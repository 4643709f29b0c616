begin;
select plan(3);

select tests.complete_document(u, 'hers') from tests.create_user('ada') u;
select set_config('request.jwt.claims', '{"role": "authenticated"}', true), set_config('role', 'authenticated', true);
select is((select count(*) from upload_pipeline.document_status), 0::bigint, 'shows no documents without a user');
select is((select count(*) from storage.objects), 0::bigint, 'shows no files without a user');
select throws_ok(
  $$select from upload_pipeline.search_chunks(query_text => 'membership', mode => 'text')$$, '42501',
    'only a signed-in user can search', 'refuses a search without a user');
reset role;

select * from finish();
rollback;
