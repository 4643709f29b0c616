-- migrations up to the last
-- What a database of release 0.1.0 may hold: documents at every kind of place, and policy that an operator has changed.
-- Loaded into the schema of that release and then upgraded (scripts/ops/rehearse/upgrade.test.ts). When the release is
-- published, the line above names the file of its last migration, and nothing here changes any more.

insert into auth.users (id, email, aud, role)
values ('766e8693-7fd5-465e-9ee4-4a9b3a696480', 'reader@example.test', 'authenticated', 'authenticated');

-- Registered, and its bytes have not come.
select pipeline_internal.register_upload(
  '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'awaited.pdf', 'application/pdf', 1000, repeat('a', 64), false, 'req-1');

-- Its bytes have come: Storage's row has put a message on the first queue.
select pipeline_internal.register_upload(
  '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'arrived.pdf', 'application/pdf', 1000, repeat('b', 64), false, 'req-2');
insert into storage.objects (bucket_id, name, metadata)
select 'files', raw_path, '{"size": 1000}' from upload_pipeline.documents where file_sha256 = repeat('b', 64);

-- Complete, with its chunk and its vector.
insert into upload_pipeline.documents (
  document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, parsed_path, parsed_sha256, page_count,
  page_starts)
values (
  '0b780576-24d4-5f60-a700-b14c08f7da3e', '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'complete.pdf',
  'application/pdf', 1000,
  '0331f3c86b9de0f8ff372c486bed5572e843c4b6d5f5502e283e1a9483f4635d',
  'user/766e8693-7fd5-465e-9ee4-4a9b3a696480/raw/0b780576-24d4-5f60-a700-b14c08f7da3e.pdf',
  'user/766e8693-7fd5-465e-9ee4-4a9b3a696480/parsed/0b780576-24d4-5f60-a700-b14c08f7da3e.md',
  repeat('c', 64), 1, '{0}');
insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, state, finished_at)
values ('5f1d7a2e-7c43-4b39-9a56-0d8f2f7f1f01', '0b780576-24d4-5f60-a700-b14c08f7da3e',
        '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'complete', 'done', now());
insert into upload_pipeline.document_chunks (
  chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page_from, page_to, page_offsets,
  text, chunk_sha, search_text, token_count, embed_model, embedding, embedded_at)
values (
  'e4e1a71a-5fe1-5da7-bfe7-f30bb77c8d65', '0b780576-24d4-5f60-a700-b14c08f7da3e',
  '766e8693-7fd5-465e-9ee4-4a9b3a696480',
  'markdown-simple', '1', 0, 1, 1, '{0}', 'The library opens at nine.', repeat('d', 64),
  pipeline_internal.search_text('en', 'complete.pdf', '', 'The library opens at nine.'), 6, 'text-embedding-3-small',
  array_append(array_fill(0::real, array[1535]), 1::real)::extensions.vector::extensions.halfvec, now());
update upload_pipeline.documents set chunk_count = 1 where document_id = '0b780576-24d4-5f60-a700-b14c08f7da3e';

-- Given up, with its reason.
insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
values ('2b6f0cc9-04a4-5a56-8f30-0f4f2ec8f0d2', '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'failed.pdf', 'application/pdf',
        1000, repeat('e', 64),
        'user/766e8693-7fd5-465e-9ee4-4a9b3a696480/raw/2b6f0cc9-04a4-5a56-8f30-0f4f2ec8f0d2.pdf');
insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, state, last_error, finished_at)
values ('5f1d7a2e-7c43-4b39-9a56-0d8f2f7f1f02', '2b6f0cc9-04a4-5a56-8f30-0f4f2ec8f0d2',
        '766e8693-7fd5-465e-9ee4-4a9b3a696480', 'failed_parse', 'deadletter',
        '{"code": "PDF_IS_BROKEN", "message": "no page can be read", "reference": '
        '"5f1d7a2e-7c43-4b39-9a56-0d8f2f7f1f03"}',
        now());

-- Policy that an operator has changed is theirs to keep.
update pipeline_internal.limits set active_documents_per_user = 7;
update pipeline_internal.stages set max_attempts = 9 where stage = 'embed';
