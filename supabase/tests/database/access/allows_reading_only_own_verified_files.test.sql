begin;
select plan(7);

create temporary table jobs as
  select name, (tests.job_at('parse', tests.create_user(name), name)).document_id from unnest(array['ada', 'bob']) name;
create temporary table ada as
  select d.* from upload_pipeline.documents d join jobs using (document_id) where name = 'ada';
create temporary table bob as
  select d.* from upload_pipeline.documents d join jobs using (document_id) where name = 'bob';
update upload_pipeline.documents set verified_at = now() where document_id = (select document_id from ada);
insert into storage.buckets (id, name) values ('elsewhere', 'elsewhere');
insert into storage.objects (bucket_id, name, metadata)
select 'files', format('user/%s/parsed/%s.md', user_id, document_id), '{"size": 1}'::jsonb from ada
union all select 'files', format('user/%s/parsed/%s.md', user_id, document_id), '{"size": 1}' from bob
union all select 'files', original_path, '{"size": 1}' from ada
union all select 'files', original_path, '{"size": 1}' from bob
union all select 'files', replace(original_path, '.pdf', '.other.pdf'), '{"size": 1}' from ada
union all select 'elsewhere', original_path, '{"size": 1}' from ada
union all select 'files', format('other/%s/x.pdf', user_id), '{"size": 1}' from ada
union all select 'files', format('%s/user/x.pdf', user_id), '{"size": 1}' from ada;
grant select on ada, bob to public;

select tests.act_as(user_id) from ada;
select set_eq(
  'select bucket_id || ''/'' || name from storage.objects',
  (select array[format('files/%s', original_path), format('files/user/%s/parsed/%s.md', user_id, document_id)]
    from ada),
  'shows the user''s verified originals and parsed text only');
select tests.act_as(user_id) from bob;
select is((select count(*) from storage.objects where name like '%' || (select user_id from ada) || '%'), 0::bigint,
  'shows no files of another user');
select set_eq(
  'select name from storage.objects',
  (select array[format('user/%s/parsed/%s.md', user_id, document_id)] from bob), 'hides the user''s unverified files');

reset role;
-- Storage deletes in this way for a user.
select set_config('storage.allow_delete_query', 'true', true);
select tests.act_as(user_id) from bob;
delete from storage.objects;
reset role;
select set_eq(
  'select name from storage.objects where bucket_id = ''files'' and name like ''%/raw/%'' and name in (select '
  'raw_path from ada union all select raw_path from bob)',
  'select raw_path from ada union all select raw_path from bob', 'refuses to delete files of any user');
select tests.act_as(user_id) from bob;
update storage.objects set name = 'user/' || (select user_id from bob) || '/raw/stolen.pdf', metadata = '{"size": 666}'
where name = (select raw_path from ada);
reset role;
select is(
  (select metadata from storage.objects where bucket_id = 'files' and name = (select raw_path from ada)),
    '{"size": 1000}'::jsonb,
  'refuses to overwrite or move another user''s file');
select is((select public from storage.buckets where id = 'files'), false, 'keeps the bucket private');
select is(
  (select file_size_limit from storage.buckets where id = 'files'),
    (select max_file_bytes from pipeline_internal.limits),
  'sets the bucket''s size limit to max_file_bytes');

select * from finish();
rollback;
