begin;
select plan(13);

create function pg_temp.land(p_path text) returns void language sql as $$
  insert into storage.objects (bucket_id, name, metadata) values ('files', p_path, '{"size": 10}')
  on conflict (bucket_id, name) do update set metadata = excluded.metadata
    || jsonb_build_object('at', clock_timestamp())
$$;
create function pg_temp.requests(p_path text) returns bigint language sql as $$
  select count(*) from pipeline_internal.file_cleanups where path = p_path
$$;

create temporary table ada as select tests.create_user() as user_id;
select tests.job_at('fetch_result', user_id, seed) from ada, unnest(array['gone', 'there']) seed;
create temporary table gone as select d.* from ada join upload_pipeline.documents d using (user_id)
  where filename = 'gone.pdf';
create temporary table there as select d.* from ada join upload_pipeline.documents d using (user_id)
  where filename = 'there.pdf';
select pipeline_internal.delete_document(user_id, document_id) from gone;
delete from pipeline_internal.file_cleanups;

select pg_temp.land(pipeline_internal.parsed_path(user_id, document_id)) from gone;
select is(
  pg_temp.requests(pipeline_internal.parsed_path(user_id, document_id)), 1::bigint,
  'removes text that a running stage stores after the deletion') from gone;
select pg_temp.land(raw_path) from gone;
select is(pg_temp.requests(raw_path), 1::bigint, 'removes bytes that arrive at an old signed URL') from gone;
select pg_temp.land(raw_path) from gone;
select is(pg_temp.requests(raw_path), 2::bigint, 'queues another removal when the file arrives again') from gone;

select pg_temp.land(pipeline_internal.parsed_path(user_id, document_id)) from there;
select is(
  pg_temp.requests(pipeline_internal.parsed_path(user_id, document_id)), 0::bigint,
  'keeps the text of an existing document') from there;
select pg_temp.land(original_path) from there;
select is(pg_temp.requests(original_path), 0::bigint, 'keeps the original of an existing document') from there;
delete from pipeline_internal.file_cleanups;
select pg_temp.land(raw_path) from there;
select is(pg_temp.requests(raw_path), 1::bigint, 'removes bytes that arrive after the original was moved') from there;

select tests.register(user_id, 'new') from ada;
create temporary table new as select d.* from ada join upload_pipeline.documents d using (user_id)
  where filename = 'new.pdf';
select pg_temp.land(raw_path) from new;
select is(pg_temp.requests(raw_path), 0::bigint, 'keeps bytes of an awaited upload') from new;
select pg_temp.land(raw_path) from new;
select is(pg_temp.requests(raw_path), 0::bigint, 'keeps a replacement before a worker moves it') from new;
select pg_temp.land(original_path) from new;
select pg_temp.land(raw_path) from new;
select is(pg_temp.requests(raw_path), 1::bigint, 'removes a replacement after a worker moved the original') from new;
select tests.reject(tests.claim('parse', job_id), 'SHA256_MISMATCH', 'other bytes')
  from new join upload_pipeline.upload_jobs using (document_id);
select is(pg_temp.requests(raw_path), 2::bigint, 'removes a replacement after the document was rejected') from new;
select pg_temp.land('user/' || user_id || '/notes.txt') from ada;
select is(pg_temp.requests('user/' || user_id || '/notes.txt'), 0::bigint, 'keeps files that belong to no document')
  from ada;

insert into storage.objects (bucket_id, name, metadata, created_at, updated_at)
select 'files', format('user/%s/%s/%s.md', user_id, folder, gen_random_uuid()), '{"size": 10}', now() - age, now() - age
from ada, (values ('raw', interval '2 hours'), ('parsed', '2 hours'), ('notes', '2 hours'),
  ('raw', '1 minute')) f (folder, age);
delete from pipeline_internal.file_cleanups;
select is(pipeline_internal.remove_orphans(), 2::bigint, 'finds files whose arrival no trigger handled');
select is(pipeline_internal.remove_orphans(), 0::bigint, 'queues each file once');

select * from finish();
rollback;
