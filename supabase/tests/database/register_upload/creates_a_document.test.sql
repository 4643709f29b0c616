begin;
select plan(5);

create temporary table ada as select tests.create_user() as user_id;
create temporary table registered as
  select r.* from ada cross join lateral pipeline_internal.register_upload(
    user_id, 'Annual report.pdf', 'application/pdf', 12345, repeat('ab', 32), true, 'request-1') r;

select results_eq(
  'select outcome, document_id, raw_path, filename, limit_value, retry_after_seconds from registered',
  $$
    select 'created', id, format('user/%s/raw/%s.pdf', user_id, id), 'Annual report.pdf', null::bigint, null::int
    from ada cross join lateral pipeline_internal.document_id(user_id, repeat('ab', 32)) id
  $$,
  'returns the upload path');
select results_eq(
  'select user_id, filename, mime, bytes_len, file_sha256 from upload_pipeline.documents join registered using '
  '(document_id, filename)',
  $$select user_id, 'Annual report.pdf', 'application/pdf', 12345::bigint, repeat('ab', 32)
    from ada$$, 'inserts the document');
select results_eq(
  'select status, state, stage, message_id, ocr, correlation_id from tests.job((select job_id from registered))',
  $$values ('awaiting_upload', 'queued', null::text, null::bigint, true, 'request-1')$$,
    'inserts a job that awaits the upload');
select ok(
  tests.is_ahead_by((tests.job((select job_id from registered))).upload_expires_at, 7200),
    'expires the upload after two hours');
select is(tests.message_count((select job_id from registered)), 0::bigint, 'sends no message');

select * from finish();
rollback;
