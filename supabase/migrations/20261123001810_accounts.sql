-- The end of an account. What refers to it goes by foreign keys: documents with all that is theirs, idempotency keys, and who
-- it was in the audit log. Here goes what only names it.

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
