-- The end of an account. What refers to it goes by foreign keys: documents with all that is theirs, idempotency keys, and who
-- it was in the audit log. Here goes what only names it.

create function pipeline_internal.end_work_of_account() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_stage text;
begin
  for v_stage in select stage from pipeline_internal.stages order by stage loop
    execute format(
      $q$
        delete from pgmq.%1$I where msg_id in (select msg_id from pgmq.%1$I where msg_id = any ($1) order by msg_id for update)
      $q$, 'q_' || v_stage)
      using array(
        select j.message_id from upload_pipeline.upload_jobs j where j.user_id = old.id and j.stage = v_stage);
  end loop;
  -- Those that have gone on to another stage meanwhile have a message there, which whoever reads it drops.
  perform from upload_pipeline.upload_jobs j where j.user_id = old.id order by j.stage, j.message_id for update;
  return old;
end $$;
comment on function pipeline_internal.end_work_of_account is
  'Takes the messages before their jobs, as workers do, and both before the documents, which a settlement needs until its end. The user is locked already: who acts for them shares that lock before it takes anything of theirs. Runs as its owner: Auth, which deletes, has no rights on the pipeline.';
revoke execute on function pipeline_internal.end_work_of_account from public, anon, authenticated, service_role;

create trigger pipeline_end_work before delete on auth.users
  for each row execute function pipeline_internal.end_work_of_account();

create function pipeline_internal.on_account_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from pipeline_internal.allowances
  where key in ('requests:' || old.id, 'uploads:' || old.id) or key like 'polls:' || old.id || ':%';
  perform pipeline_internal.record_act('account_deleted');
  return null;
end $$;
comment on function pipeline_internal.on_account_deleted is
  'Forgets what the user has used of the limits, and records the deletion. Runs as its owner: Auth, which deletes, has no rights on the pipeline.';
revoke execute on function pipeline_internal.on_account_deleted from public, anon, authenticated, service_role;

create trigger pipeline_account_deleted after delete on auth.users
  for each row execute function pipeline_internal.on_account_deleted();
