-- Storage's own, as hosted Storage keeps functions in its schema. Replaced at every start.
create or replace function storage.rehearse_upload(
  p_role text, p_claims text, p_bucket_id text, p_name text, p_owner uuid, p_owner_id text, p_upsert boolean
) returns void
language plpgsql as $$
begin
  -- Nothing stays, so there is nothing to wait for the disk for.
  perform set_config('synchronous_commit', 'off', true);
  begin
    perform set_config('role', p_role, true), set_config('request.jwt.claims', p_claims, true),
            set_config('request.jwt.claim.role', p_role, true),
            set_config('request.jwt.claim.sub', coalesce(p_owner_id, ''), true);
    if p_upsert then
      insert into storage.objects (bucket_id, name, version, owner, owner_id)
      values (p_bucket_id, p_name, '1', p_owner, p_owner_id)
      on conflict (bucket_id, name) do update
        set version = excluded.version, owner = excluded.owner, owner_id = excluded.owner_id;
    else
      insert into storage.objects (bucket_id, name, version, owner, owner_id)
      values (p_bucket_id, p_name, '1', p_owner, p_owner_id);
    end if;
    raise exception 'rehearsed' using errcode = 'PT200';
  exception when sqlstate 'PT200' then
    -- The caller may; the role, the claims and the row are those of before.
  end;
end $$;
comment on function storage.rehearse_upload is
  'Writes an object''s row as the caller, under row-level security and with its triggers, and takes it back. Raises '
  'what stands against it. One statement, since every upload begins with this question.';
revoke execute on function storage.rehearse_upload from public;
