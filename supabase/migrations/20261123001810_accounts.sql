-- Proof of an account's owner, and the deletion of an account.

create function pipeline_internal.on_password_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pipeline_internal.record_audit_entry(
    'password_changed', new.id, p_actor => case when session_user = 'supabase_auth_admin' then 'user' end);
  return null;
end $$;
comment on function pipeline_internal.on_password_changed is
  'Records each change of an account''s password. Runs as its owner: Auth, which changes it, has no rights on the '
  'pipeline.';
revoke execute on function pipeline_internal.on_password_changed from public, anon, authenticated, service_role;

create trigger pipeline_password_changed after update of encrypted_password on auth.users
  for each row when (old.encrypted_password is distinct from new.encrypted_password)
  execute function pipeline_internal.on_password_changed();

create function pipeline_internal.password_trusted_from(p_user_id uuid) returns timestamptz
language sql stable set search_path = '' as $$
  select max(happened_at) + interval '24 hours' from pipeline_internal.audit_log
  where user_id = p_user_id and action = 'password_changed'
    and happened_at > statement_timestamp() - interval '24 hours'
$$;
comment on function pipeline_internal.password_trusted_from is
  'Null if the account''s password proves who its owner is. A password that was set within the last 24 hours may come '
  'from the holder of a stolen session: then the time from which it counts as proof.';
revoke execute on function pipeline_internal.password_trusted_from from public, anon, authenticated, service_role;

alter table pipeline_internal.limits add column mfa_for_deletion boolean not null default false;
comment on column pipeline_internal.limits.mfa_for_deletion is
  'Whether the deletion of an account requires a session with a second factor (aal2). A user without one must enrol '
  'one first.';

create function pipeline_internal.required_proof(p_user_id uuid, out has_password boolean, out second_factor boolean)
language sql stable set search_path = '' as $$
  select exists (select from auth.users u where u.id = p_user_id and u.encrypted_password <> ''), l.mfa_for_deletion
  from pipeline_internal.limits l
$$;
comment on function pipeline_internal.required_proof is
  'The proof that a user must give before the account is deleted: its password, if it has one, and a second factor, if '
  'mfa_for_deletion is set. An account that signs in by a provider or a mailed link alone has no password.';
revoke execute on function pipeline_internal.required_proof from public, anon, authenticated, service_role;

-- The deletion of an account. Foreign keys remove or clear the rows that refer to it: documents with everything below
-- them, idempotency keys, personal columns of the audit log. These functions remove rows that name the user without a
-- foreign key.

create function pipeline_internal.messages_of(p_user_id uuid) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select j.stage || '/' || j.message_id from upload_pipeline.upload_jobs j
    where j.user_id = p_user_id and j.message_id is not null order by 1)
$$;

create function pipeline_internal.end_work_of_account() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_messages text[];
  v_stage text;
begin
  loop
    v_messages := pipeline_internal.messages_of(old.id);
    begin
      for v_stage in select distinct split_part(m, '/', 1) from unnest(v_messages) m order by 1 loop
        execute format(
          $q$
            delete from pgmq.%1$I where msg_id in (
              select q.msg_id from pgmq.%1$I q join upload_pipeline.upload_jobs j on j.message_id = q.msg_id
              where j.stage = $1 and j.user_id = $2
              order by q.msg_id
              for update of q)
          $q$, 'q_' || v_stage) using v_stage, old.id;
      end loop;
      if pipeline_internal.messages_of(old.id) = v_messages then
        -- Active jobs in the order of their messages, queued jobs in the order of their user queue: the orders in which
        -- other transactions lock several.
        perform from upload_pipeline.upload_jobs j where j.user_id = old.id
        order by j.stage, j.message_id, j.user_queued_at, j.job_id for update;
        exit when pipeline_internal.messages_of(old.id) = v_messages;
      end if;
      -- A job moved to another stage, or was admitted, during the wait. This releases all locks before it waits for the
      -- new message: see the lock order.
      raise exception using errcode = 'object_in_use';
    exception when object_in_use then
      null;
    end;
  end loop;
  return old;
end $$;
comment on function pipeline_internal.end_work_of_account is
  'Deletes the user''s messages. Locks messages before their jobs, as workers do, and both before the documents, which '
  'a settlement needs until its end. The deletion holds the lock on the user''s row, and code that acts for a user '
  'shares that lock first. Runs as its owner: Auth, which deletes, has no rights on the pipeline.';
revoke execute on function pipeline_internal.messages_of, pipeline_internal.end_work_of_account
  from public, anon, authenticated, service_role;

create trigger pipeline_end_work before delete on auth.users
  for each row execute function pipeline_internal.end_work_of_account();

create function pipeline_internal.on_account_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from pipeline_internal.rate_limits
  where key in ('requests:' || old.id, 'uploads:' || old.id, 'pages:' || old.id, 'wrong-passwords:' || old.id)
    or key like 'polls:' || old.id || ':%';
  perform pipeline_internal.record_audit_entry('account_deleted');
  perform pipeline_internal.withdraw_notifications(p_user_id => old.id);
  perform pipeline_internal.notify(
    'account.deleted', jsonb_build_object('user_id', old.id), format('The account of user %s was deleted.', old.id));
  return null;
end $$;
comment on function pipeline_internal.on_account_deleted is
  'Removes the user''s rate limits, records the deletion and notifies of it. Runs as its owner: Auth, which deletes, '
  'has no rights on the pipeline.';
revoke execute on function pipeline_internal.on_account_deleted from public, anon, authenticated, service_role;

create trigger pipeline_account_deleted after delete on auth.users
  for each row execute function pipeline_internal.on_account_deleted();
