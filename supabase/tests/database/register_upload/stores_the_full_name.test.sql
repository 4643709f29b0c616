begin;
select plan(5);

create temporary table ada as select tests.create_user() as user_id;
create temporary table registered as
  select r.* from ada cross join lateral pipeline_internal.register_upload(
    user_id, repeat('x', 116) || '.pdf', 'application/pdf', 10, repeat('ab', 32), false, 'r',
    p_filename_full => repeat('x', 300) || '.pdf', p_policy_id => 'P-1') r;
select results_eq(
  'select filename, filename_full, policy_id from upload_pipeline.document_status join registered using (document_id, '
  'filename)',
  $$values (repeat('x', 116) || '.pdf', repeat('x', 300) || '.pdf', 'P-1')$$, 'returns both names and the reference');

-- The same bytes again, under another name.
select is(
  (select outcome from ada cross join lateral pipeline_internal.register_upload(
     user_id, 'short.pdf', 'application/pdf', 10, repeat('ab', 32), false, 'r')), 'resumed', 'resumes the document');
select results_eq(
  'select s.filename, s.filename_full, s.policy_id from upload_pipeline.document_status s join registered using '
  '(document_id)',
  $$values ('short.pdf', 'short.pdf', null::text)$$, 'stores the new name, and a short name as the full one');

select is(
  (select outcome from ada cross join lateral pipeline_internal.register_upload(
     user_id, 'x', 'application/octet-stream', 10, repeat('cd', 32), false, 'r')), 'created',
  'accepts an unknown content type');
select matches(
  (select raw_path from upload_pipeline.documents where file_sha256 = repeat('cd', 32)), '\.bin$',
    'stores it under the extension bin');

select * from finish();
rollback;
