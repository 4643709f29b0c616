import type postgres from "postgres";
import type { Caller } from "./caller.ts";
import { Fault, invalidMimeType, noSuchBucket, tooLarge } from "./faults.ts";
import { checkBucketName } from "./object_key.ts";
import { asCaller } from "./transactions.ts";

/** A row of `storage.buckets` as clients see it. */
export interface Bucket {
  id: string;
  name: string;
  owner: string | null;
  public: boolean;
  type: string;
  /** Bytes. */
  file_size_limit: number | null;
  allowed_mime_types: string[] | null;
  created_at: Date;
  updated_at: Date;
}

export interface BucketSettings {
  public: boolean;
  file_size_limit: number | null;
  allowed_mime_types: string[] | null;
}

function columns(sql: postgres.Sql | postgres.TransactionSql) {
  return sql`id, name, owner, public, type, file_size_limit::float8 as file_size_limit,
    allowed_mime_types, created_at, updated_at`;
}

export async function listBuckets(
  sql: postgres.Sql,
  caller: Caller,
): Promise<Bucket[]> {
  return await asCaller(
    sql,
    caller,
    (tx) => tx<Bucket[]>`select ${columns(tx)} from storage.buckets order by name`,
  );
}

/** Throws `NoSuchBucket` where the caller cannot see it. */
export async function getBucket(
  sql: postgres.Sql,
  caller: Caller,
  id: string,
): Promise<Bucket> {
  const [bucket] = await asCaller(
    sql,
    caller,
    (tx) =>
      tx<
        Bucket[]
      >`select ${columns(tx)} from storage.buckets where id = ${id}`,
  );
  if (!bucket) throw noSuchBucket();
  return bucket;
}

export async function createBucket(
  sql: postgres.Sql,
  caller: Caller,
  id: string,
  settings: BucketSettings,
): Promise<void> {
  await asCaller(
    sql,
    caller,
    (tx) =>
      tx`
      insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
      values (${id}, ${id}, ${caller.userId ?? null}, ${caller.userId ?? null}, ${settings.public},
        ${settings.file_size_limit}, ${settings.allowed_mime_types})`,
  );
}

/** Reads and checks the settings in a request to create a bucket. */
export function readBucketRequest(
  body: unknown,
): { id: string; settings: BucketSettings } {
  const request = (body ?? {}) as Record<string, unknown>;
  const types = request.allowed_mime_types ?? null;
  const typesAreStrings = Array.isArray(types) &&
    types.every((type) => typeof type === "string" && type.includes("/"));
  if (types !== null && !typesAreStrings) {
    throw new Fault(
      400,
      "InvalidParameter",
      "allowed_mime_types must be a list of mime types",
    );
  }
  return {
    id: checkBucketName(request.id ?? request.name),
    settings: {
      public: request.public === true,
      file_size_limit: readSize(request.file_size_limit),
      allowed_mime_types: types as string[] | null,
    },
  };
}

/** The most bytes that one object of this bucket may have, given the server's own limit. */
export function sizeLimit(bucket: Bucket, maxFileBytes: number): number {
  return Math.min(bucket.file_size_limit ?? Infinity, maxFileBytes);
}

/** Checks bytes that have arrived or were announced against the bucket's settings. */
export function checkAllowed(
  bucket: Bucket,
  maxFileBytes: number,
  file: { size: number; contentType: string },
): void {
  if (file.size > sizeLimit(bucket, maxFileBytes)) throw tooLarge();

  const allowed = bucket.allowed_mime_types;
  if (!allowed || allowed.length === 0) return;
  // To the letter, with case and parameters, as Storage itself compares (storage-api 1.70, `validateMimeType`).
  const family = file.contentType.split("/")[0] + "/*";
  if (!allowed.includes(file.contentType) && !allowed.includes(family)) {
    throw invalidMimeType(file.contentType);
  }
}

/**
 * The stored bucket: its limits, and whether it is public, bind every caller, also those who may not read
 * `storage.buckets`.
 */
export async function storedBucket(
  sql: postgres.Sql,
  id: string,
): Promise<Bucket> {
  const [bucket] = await sql<Bucket[]>`
    select ${columns(sql)} from storage.buckets where id = ${id}`;
  if (!bucket) throw noSuchBucket();
  return bucket;
}

const UNITS: Record<string, number> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

/** Bytes as a number, or as text with a decimal unit such as `20MB`. */
function readSize(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" && value >= 0) return Math.floor(value);
  const match = /^(\d+(?:\.\d+)?)(gb|mb|kb|b)?$/i.exec(String(value));
  if (!match) {
    throw new Fault(
      400,
      "InvalidRequest",
      "Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B",
    );
  }
  return Math.floor(Number(match[1]) * UNITS[(match[2] ?? "b").toLowerCase()]);
}
