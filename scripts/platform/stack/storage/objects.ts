import type postgres from "postgres";
import { type Caller, SERVICE } from "./caller.ts";
import { faultFromDatabase, noSuchKey } from "./faults.ts";
import { checkStorable, type ObjectKey } from "./object_key.ts";
import { asCaller } from "./transactions.ts";

/** `storage.objects.metadata`, as hosted Storage fills it. Sizes in bytes, `lastModified` in ISO 8601. */
export interface ObjectMetadata {
  eTag: string;
  size: number;
  mimetype: string;
  cacheControl: string;
  lastModified: string;
  contentLength: number;
  httpStatusCode: 200;
}

export interface StoredObject {
  id: string;
  bucket_id: string;
  name: string;
  owner_id: string | null;
  /** Names the bytes on disk. */
  version: string | null;
  metadata: ObjectMetadata | null;
  user_metadata: Record<string, unknown> | null;
  created_at: Date;
  updated_at: Date;
  last_accessed_at: Date;
}

/** A version whose bytes are in place and whose row is to be written. */
export interface NewVersion {
  version: string;
  ownerId?: string;
  metadata: ObjectMetadata;
  userMetadata: Record<string, unknown> | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The `owner` column is a uuid; `owner_id` takes any subject. */
const ownerUuid = (id?: string) => id && UUID.test(id) ? id : null;

/** The object as this caller may see it; throws `NoSuchKey` where policies hide it or it is not there. */
export async function findObject(
  sql: postgres.Sql,
  caller: Caller,
  key: ObjectKey,
): Promise<StoredObject> {
  const [object] = await asCaller(sql, caller, (tx) =>
    tx<StoredObject[]>`
      select id, bucket_id, name, owner_id, version, metadata, user_metadata,
        created_at, updated_at, last_accessed_at
      from storage.objects where bucket_id = ${key.bucket} and name = ${key.name}`);
  if (!object) throw noSuchKey();
  return object;
}

/** Which of these names the caller may see. */
export async function visibleNames(
  sql: postgres.Sql,
  caller: Caller,
  bucket: string,
  names: string[],
): Promise<Set<string>> {
  const rows = await asCaller(sql, caller, (tx) =>
    tx<{ name: string }[]>`
      select name from storage.objects where bucket_id = ${bucket} and name = any(${names})`);
  return new Set(rows.map((row) => row.name));
}

/**
 * Checks that this caller may write the object. As hosted does, it inserts the row and rolls back, so that triggers
 * fire for an upload twice: now, without `size` in the metadata, and again when the bytes are there. Throws the reason
 * against it.
 */
export async function checkMayUpload(
  sql: postgres.Sql,
  { role, userId, claims }: Caller,
  key: ObjectKey,
  upsert: boolean,
): Promise<void> {
  try {
    await sql`
      select storage.rehearse_upload(
        ${role}::text, ${JSON.stringify(claims)}::text, ${key.bucket}::text, ${key.name}::text,
        ${ownerUuid(userId)}::uuid, ${userId ?? null}::text, ${upsert}::boolean)`;
  } catch (error) {
    throw faultFromDatabase(error);
  }
}

/**
 * Writes the row of an upload whose bytes are in place; an existing row is updated, as on hosted. Returns the row's id
 * and the version that it replaced.
 */
export async function saveObject(
  sql: postgres.Sql,
  key: ObjectKey,
  upload: NewVersion,
): Promise<{ id: string; replaced: string | null }> {
  return await asCaller(sql, SERVICE, async (tx) => {
    await lockName(tx, key);
    const [current] = await tx<{ version: string | null }[]>`
      select version from storage.objects
      where bucket_id = ${key.bucket} and name = ${key.name} for update`;
    const row = {
      bucket_id: key.bucket,
      name: key.name,
      version: upload.version,
      owner: ownerUuid(upload.ownerId),
      owner_id: upload.ownerId ?? null,
      metadata: json(tx, upload.metadata),
      user_metadata: json(tx, upload.userMetadata),
    };
    const [saved] = await tx<{ id: string }[]>`
      insert into storage.objects ${tx(row)}
      on conflict (bucket_id, name) do update set
        version = excluded.version, owner = excluded.owner, owner_id = excluded.owner_id,
        metadata = excluded.metadata, user_metadata = excluded.user_metadata, updated_at = now()
      returning id`;
    return { id: saved.id, replaced: current?.version ?? null };
  });
}

/** Deletes what the caller may delete and returns those rows. */
export async function deleteObjects(
  sql: postgres.Sql,
  caller: Caller,
  bucket: string,
  names: string[],
): Promise<StoredObject[]> {
  return await asCaller(sql, caller, async (tx) => {
    // Newer projects refuse deletes that do not come from Storage itself; Storage identifies itself with this setting.
    await tx`select set_config('storage.allow_delete_query', 'true', true)`;
    return await tx<StoredObject[]>`
      delete from storage.objects where bucket_id = ${bucket} and name = any(${names})
      returning id, bucket_id, name, owner_id, version, metadata, user_metadata,
        created_at, updated_at, last_accessed_at`;
  });
}

/**
 * Renames the row and writes its metadata again, as on hosted; its bytes stay where they are. Throws `NoSuchKey` where
 * the caller may not see or change it.
 */
export async function renameObject(
  sql: postgres.Sql,
  caller: Caller,
  from: ObjectKey,
  to: ObjectKey,
): Promise<void> {
  checkStorable(to);
  await asCaller(sql, caller, async (tx) => {
    await lockName(tx, to);
    const moved = await tx`
      update storage.objects
      set bucket_id = ${to.bucket}, name = ${to.name}, metadata = metadata, updated_at = now()
      where bucket_id = ${from.bucket} and name = ${from.name}
      returning id`;
    if (moved.length === 0) throw noSuchKey();
  });
}

/** Of all versions, or of one, those that a row names. */
export async function referencedVersions(
  sql: postgres.Sql,
  version?: string,
): Promise<Set<string>> {
  const rows = await asCaller(sql, SERVICE, (tx) =>
    tx<{ version: string }[]>`
      select version from storage.objects where version is not null
      ${version === undefined ? tx`` : tx`and version = ${version}`}`);
  return new Set(rows.map((row) => row.version));
}

/**
 * Writers of one name take turns, so that each sees the version it replaces.
 */
async function lockName(tx: postgres.TransactionSql, key: ObjectKey) {
  await tx`select pg_advisory_xact_lock(hashtextextended(${key.bucket + "/" + key.name}, 0))`;
}

function json(tx: postgres.TransactionSql, value: unknown) {
  return value === null ? null : tx.json(value as postgres.JSONValue);
}
