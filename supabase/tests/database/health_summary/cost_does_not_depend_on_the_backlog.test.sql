-- Anyone may call the health route as often as they like, and most do when there is a backlog.
begin;
select plan(2);

create temporary table crowd as select gen_random_uuid() as id from generate_series(1, 3000);
create temporary table ada as select tests.create_user() as user_id;
select pgmq.send('embed', jsonb_build_object('job_id', id)) from crowd;
insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
select id, user_id, 'a.pdf', 'application/pdf', 1, repeat('0', 64), id::text from crowd, ada;
insert into upload_pipeline.upload_jobs (document_id, user_id, status, state, finished_at)
select id, user_id, 'failed_parse', 'deadletter', now() from crowd, ada;

select is((select waiting_messages from pipeline_internal.health_summary()), 1000::bigint,
  'counts at most a thousand messages');
select is((select dead_letter_jobs from pipeline_internal.health_summary()), 1000::bigint,
  'counts at most a thousand dead letters');

select * from finish();
rollback;
