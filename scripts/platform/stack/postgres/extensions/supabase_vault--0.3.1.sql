-- A stand-in for Supabase Vault 0.3.1: its tables, views, functions and grants. The real one encrypts with libsodium
-- and a key that the server holds outside the database; this one with pgcrypto and a key in a table.

create table vault.local_key (
  key bytea not null
);
comment on table vault.local_key is 'The one key that secrets are encrypted with. Who may read every table may '
    'decrypt every secret.';
insert into vault.local_key (key) values (@extschema:pgcrypto@.gen_random_bytes(32));
revoke all on vault.local_key from public;

create function vault._crypto_aead_det_noncegen() returns bytea
language sql volatile as $$
  select @extschema:pgcrypto@.gen_random_bytes(16)
$$;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create function vault._secret_key(additional bytea, context bytea, nonce bytea) returns text
language sql stable as $$
  select encode(@extschema:pgcrypto@.hmac(context || nonce || additional, k.key, 'sha256'), 'hex')
  from vault.local_key k
$$;
comment on function vault._secret_key is 'The secret''s own key: a ciphertext copied to another row does not decrypt.';

create function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language sql volatile security definer set search_path = '' as $$
  -- The key is random already, so the slow derivation that protects passwords is left out (s2k-mode 1).
  select @extschema:pgcrypto@.pgp_sym_encrypt_bytea(
    message, vault._secret_key(additional, context, nonce), 'cipher-algo=aes256, compress-algo=0, s2k-mode=1')
$$;

create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language sql stable security definer set search_path = '' as $$
  select @extschema:pgcrypto@.pgp_sym_decrypt_bytea(message, vault._secret_key(additional, context, nonce))
$$;

create view vault.decrypted_secrets as
  select
    s.id, s.name, s.description, s.secret,
    convert_from(
      vault._crypto_aead_det_decrypt(
        message := decode(s.secret, 'base64'), additional := convert_to(s.id::text, 'utf8'),
        key_id := 0, context := 'pgsodium', nonce := s.nonce),
      'utf8') as decrypted_secret,
    s.key_id, s.nonce, s.created_at, s.updated_at
  from vault.secrets s;

create function vault._encrypted(secret_id uuid, plain text, secret_nonce bytea) returns text
language sql volatile as $$
  select encode(
    vault._crypto_aead_det_encrypt(
      message := convert_to(plain, 'utf8'), additional := convert_to(secret_id::text, 'utf8'),
      key_id := 0, context := 'pgsodium', nonce := secret_nonce),
    'base64')
$$;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_id uuid := gen_random_uuid();
  v_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, secret, name, description, nonce)
  values (v_id, vault._encrypted(v_id, new_secret, v_nonce), new_name, new_description, v_nonce);
  return v_id;
end $$;

create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void
language sql volatile security definer set search_path = '' as $$
  update vault.secrets s
  set secret = case when new_secret is null then s.secret else vault._encrypted(s.id, new_secret, s.nonce) end,
      name = coalesce(new_name, s.name),
      description = coalesce(new_description, s.description),
      updated_at = now()
  where s.id = secret_id
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to postgres, service_role;
grant select, delete, truncate, references on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function
  vault._crypto_aead_det_decrypt(bytea, bytea, bigint, bytea, bytea),
  vault.create_secret(text, text, text, uuid),
  vault.update_secret(uuid, text, text, text, uuid)
to postgres, service_role;
