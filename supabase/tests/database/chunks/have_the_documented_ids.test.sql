begin;
select plan(6);

select is(
  pipeline_internal.document_id('766e8693-7fd5-465e-9ee4-4a9b3a696480',
    '0331f3c86b9de0f8ff372c486bed5572e843c4b6d5f5502e283e1a9483f4635d'),
  '0b780576-24d4-5f60-a700-b14c08f7da3e', 'computes the documented document id');
-- sha256 of "The library opens at nine."
select is(
  pipeline_internal.chunk_id(
    '0b780576-24d4-5f60-a700-b14c08f7da3e', 'markdown-simple', '2',
    encode(extensions.digest('The library opens at nine.', 'sha256'), 'hex'), 0),
  extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42',
    '0b780576-24d4-5f60-a700-b14c08f7da3e:markdown-simple:2:'
    || encode(extensions.digest('The library opens at nine.', 'sha256'), 'hex') || ':0'),
  'computes the chunk id from the embedded text');

insert into auth.users (id, email, aud, role)
values ('766e8693-7fd5-465e-9ee4-4a9b3a696480', 'vector@example.test', 'authenticated', 'authenticated');
create temporary table registered as
  select r.* from pipeline_internal.register_upload(
    '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'any name.pdf', 'application/pdf', 1000,
    '0331f3c86b9de0f8ff372c486bed5572e843c4b6d5f5502e283e1a9483f4635d', false, 'r') r;
select is((select document_id from registered), '0b780576-24d4-5f60-a700-b14c08f7da3e',
  'registers with this document id');

select tests.store_object(document_id) from registered;
select tests.finish_parse(job_id) from registered;
select tests.finish_fetch_result(tests.reclaim('fetch_result', job_id), 'p.md', repeat('a', 64), array[0])
  from registered;
select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '1', tests.two_chunks()) from registered;
select results_eq(
  'select chunk_id from pipeline_internal.pending_chunks join registered using (document_id) order by ord',
  $$
    select pipeline_internal.chunk_id(
      '0b780576-24d4-5f60-a700-b14c08f7da3e', 'markdown-simple', '1', encode(extensions.digest(text, 'sha256'), 'hex'),
        0)
    from unnest(array['Membership costs ten crowns a year.', 'The library opens at nine.'])
      with ordinality t (text, ord)
    order by ord
  $$,
  'stores chunks with this chunk id');
select isnt(
  pipeline_internal.chunk_id('0b780576-24d4-5f60-a700-b14c08f7da3e', 'markdown-simple', '2', repeat('a', 64), 0),
  pipeline_internal.chunk_id('0b780576-24d4-5f60-a700-b14c08f7da3e', 'markdown-simple', '2', repeat('a', 64), 1),
  'gives two chunks with the same text two ids');
select isnt(
  pipeline_internal.chunk_id('0b780576-24d4-5f60-a700-b14c08f7da3e', 'markdown-simple', '1', repeat('a', 64), 0),
  pipeline_internal.chunk_id('0b780576-24d4-5f60-a700-b14c08f7da3e', 'markdown-simple', '2', repeat('a', 64), 0),
  'gives chunks of another version other ids');

select * from finish();
rollback;
