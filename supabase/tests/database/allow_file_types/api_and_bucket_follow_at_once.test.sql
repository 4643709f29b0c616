begin;
select plan(12);

select is(
  pipeline_internal.allow_file_types(array['txt', 'docx', 'txt']),
  array['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'text/plain'], 'it says what is allowed from now on');
select is(
  (select allowed_mime_types from pipeline_internal.limits),
  array['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'text/plain'], 'to the API');
select ok(
  allowed_mime_types @> array[
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/msword', 'text/plain',
    'text/plain;charset=UTF-8'], 'and to Storage, in every spelling')
from storage.buckets where id = 'files';
select ok(
  allowed_mime_types @> array['text/markdown', 'application/octet-stream'],
  'where parsed text is Markdown whatever is allowed, and a file may be of a type that its sender does not know')
from storage.buckets where id = 'files';
select ok(
  not allowed_mime_types && array['application/pdf', 'application/x-pdf', 'text/html', 'image/png'],
  'but is of none that is not allowed')
from storage.buckets where id = 'files';
select is(
  (select count(*) from unnest((select allowed_mime_types from storage.buckets where id = 'files')) t
   where t !~ '^[a-z0-9.+-]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$'), 0::bigint, 'all are such as Storage keeps');

create temporary table ada as select tests.create_user() as user_id;
create temporary table registered as
  select r.* from ada cross join lateral pipeline_internal.register_upload(
    user_id, 'notes.pdf', 'text/plain', 10, repeat('ab', 32), false, 'r') r;
select results_eq(
  'select outcome, raw_path from registered',
  $$select 'created', format('user/%s/raw/%s.txt', user_id, document_id) from ada, registered$$, 'the path says the type, not the name');
select is(
  (select outcome from ada cross join lateral pipeline_internal.register_upload(
     user_id, 'x.pdf', 'application/pdf', 10, repeat('cd', 32), false, 'r')), 'unsupported_type', 'what is no longer allowed is refused');

select throws_ok(
  $$select pipeline_internal.allow_file_types(array['pdf', 'exe'])$$, '22023', 'unknown file type: exe', 'a type that nobody can read is refused');
select throws_ok($$select pipeline_internal.allow_file_types('{}')$$, '22023', null, 'and so is none');
select throws_ok($$select pipeline_internal.allow_file_types(array[null])$$, '22023', null, 'or null');
select lives_ok(
  $$select pipeline_internal.allow_file_types(array(select extension from pipeline_internal.file_types))$$, 'all can be allowed');

select * from finish();
rollback;
