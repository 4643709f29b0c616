-- Restores a backup into a new database with the same migrations: first the tables, then the files. Queues are not in a
-- backup: waiting jobs get new messages. `npm run pipeline -- restore` calls these functions in order.

create function pipeline_internal.begin_restore() returns void
language plpgsql set search_path = '' as $$
begin
  if exists (select from upload_pipeline.documents) then
    raise exception 'this database has documents of its own'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Restore into a new, unused project.';
  end if;
  -- Removes the rows that migrations inserted; the backup contains them.
  execute (
    select 'truncate ' || string_agg(c.oid::regclass::text, ', ')
    from pg_catalog.pg_class c
    where c.relkind = 'r' and c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace));
end $$;
comment on function pipeline_internal.begin_restore is
  'Empties the pipeline''s tables, so that a backup can be loaded; refuses a database with documents. For the '
  'transaction that loads the backup, with session_replication_role = replica.';

create function pipeline_internal.finish_restore() returns void
language plpgsql set search_path = '' as $$
begin
  perform pipeline_internal.create_queues();
  perform pipeline_internal.requeue(j.job_id)
  from upload_pipeline.upload_jobs j join pipeline_internal.stages s using (stage);
  update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'lost' where ended_at is null;
  perform pipeline_internal.pause_stage(stage, 'a restore is under way')
  from pipeline_internal.stages where paused_at is null;
  -- Some files may have types that are no longer allowed.
  update storage.buckets set allowed_mime_types = null where id = 'files';
end $$;
comment on function pipeline_internal.finish_restore is
  'Ends the load, in the same transaction: sends a new message for every waiting job, ends the runs of the lost '
  'database, pauses the stages until the files are there, and lets the bucket accept all types.';

create function pipeline_internal.is_restoring() returns boolean
language sql stable set search_path = '' as $$
  select exists (select from pipeline_internal.stages where paused_because = 'a restore is under way')
$$;
comment on function pipeline_internal.is_restoring is 'Whether the rows of a backup are loaded and its files are not.';

create function pipeline_internal.end_restore() returns void
language sql set search_path = '' as $$
  select pipeline_internal.allow_file_types(array_agg(t.extension))
  from pipeline_internal.file_types t
  where t.mime = any (array(select unnest(allowed_mime_types) from pipeline_internal.limits));
  select pipeline_internal.resume_stage(stage) from pipeline_internal.stages
  where paused_because = 'a restore is under way'
$$;
comment on function pipeline_internal.end_restore is
  'Ends a restore after its files are there: the bucket accepts the allowed types again, and the stages resume, except '
  'those that an operator had paused before.';

revoke execute on function
  pipeline_internal.begin_restore, pipeline_internal.finish_restore, pipeline_internal.is_restoring,
  pipeline_internal.end_restore
  from public, anon, authenticated, service_role;
