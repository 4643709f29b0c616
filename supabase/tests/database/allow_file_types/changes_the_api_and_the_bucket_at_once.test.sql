begin;
select plan(12);

select is(
  pipeline_internal.allow_file_types(array['txt', 'docx', 'txt']),
  array['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'text/plain'],
    'returns the allowed types');
select is(
  (select allowed_mime_types from pipeline_internal.limits),
  array['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'text/plain'],
    'changes the types that the API accepts');
select ok(
  allowed_mime_types @> array[
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/msword', 'text/plain',
    'text/plain;charset=UTF-8'], 'changes the content types that Storage accepts, in every spelling')
from storage.buckets where id = 'files';
select ok(
  allowed_mime_types @> array['text/markdown', 'application/octet-stream'],
  'always accepts Markdown and unknown content types in Storage')
from storage.buckets where id = 'files';
select ok(
  not allowed_mime_types && array['application/pdf', 'application/x-pdf', 'text/html', 'image/png'],
  'accepts no content type of a disallowed type')
from storage.buckets where id = 'files';
select is(
  (select count(*) from unnest((select allowed_mime_types from storage.buckets where id = 'files')) t
   where t !~ '^[a-z0-9.+-]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$'), 0::bigint,
     'lists only content types that Storage can store');

create temporary table ada as select tests.create_user() as user_id;
create temporary table registered as
  select r.* from ada cross join lateral pipeline_internal.register_upload(
    user_id, 'notes.pdf', 'text/plain', 10, repeat('ab', 32), false, 'r') r;
select results_eq(
  'select outcome, raw_path from registered',
  $$select 'created', format('user/%s/raw/%s.txt', user_id, document_id)
    from ada, registered$$, 'derives the path''s extension from the type, not from the name');
select is(
  (select outcome from ada cross join lateral pipeline_internal.register_upload(
     user_id, 'x.pdf', 'application/pdf', 10, repeat('cd', 32), false, 'r')), 'unsupported_type',
       'refuses a type that is no longer allowed');

select throws_ok(
  $$select pipeline_internal.allow_file_types(array['pdf', 'exe'])$$, '22023', 'unknown file type: exe',
    'refuses an unknown type');
select throws_ok($$select pipeline_internal.allow_file_types('{}')$$, '22023', null, 'refuses an empty list');
select throws_ok($$select pipeline_internal.allow_file_types(array[null])$$, '22023', null, 'refuses null');
select lives_ok(
  $$select pipeline_internal.allow_file_types(array(select extension from pipeline_internal.file_types))$$,
    'accepts all types at once');

select * from finish();
rollback;
