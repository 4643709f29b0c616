import type postgres from "postgres";
import { type Bucket, checkAllowed, sizeLimit, storedBucket } from "./buckets.ts";
import { type Bytes, removeIfThere } from "./bytes.ts";
import { type Caller, SERVICE } from "./caller.ts";
import { checkStorable, type ObjectKey } from "./object_key.ts";
import { checkMayUpload, findObject, referencedVersions, saveObject } from "./objects.ts";
import { type ReceivedFile, receiveFile } from "./upload_body.ts";
import type { UploadTicket } from "./signed_urls.ts";

/** What the uploads work with. */
export interface UploadDeps {
  sql: postgres.Sql;
  bytes: Bytes;
  /** The most bytes any object may have; a bucket may allow fewer. */
  maxFileBytes: number;
}

/** A caller writes an object of their own. Returns the row's id. */
export async function uploadAs(
  deps: UploadDeps,
  caller: Caller,
  key: ObjectKey,
  upsert: boolean,
  request: Request,
): Promise<string> {
  const bucket = await storedBucket(deps.sql, key.bucket);
  checkStorable(key);
  await checkMayUpload(deps.sql, caller, key, upsert);
  return await receive(deps, bucket, key, caller.userId, request);
}

/** The holder of the signed URL writes the object; signing has checked the signer's right. */
export async function uploadSigned(
  deps: UploadDeps,
  ticket: UploadTicket,
  key: ObjectKey,
  request: Request,
): Promise<string> {
  const signer = { ...SERVICE, userId: ticket.ownerId };
  return await uploadAs(deps, signer, key, ticket.upsert, request);
}

async function receive(
  deps: UploadDeps,
  bucket: Bucket,
  key: ObjectKey,
  ownerId: string | undefined,
  request: Request,
): Promise<string> {
  const path = deps.bytes.incoming();
  try {
    const limit = sizeLimit(bucket, deps.maxFileBytes);
    const file = await receiveFile(request, path, limit);
    const version = crypto.randomUUID();
    return await completeUpload(deps, bucket, key, {
      path,
      version,
      ownerId,
      file,
    });
  } finally {
    await removeIfThere(path);
  }
}

/**
 * Makes received bytes the object. They are in place before the row commits, so that a process that a trigger wakes can
 * read them; a refused row removes them. Returns the row's id; the caller keeps the received file.
 */
export async function completeUpload(
  deps: UploadDeps,
  bucket: Bucket,
  key: ObjectKey,
  upload: {
    path: string;
    version: string;
    ownerId?: string;
    file: ReceivedFile;
  },
): Promise<string> {
  checkAllowed(bucket, deps.maxFileBytes, upload.file);
  await deps.bytes.place(upload.path, upload.version);
  return await saveOrTakeBack(
    deps,
    key,
    upload.version,
    upload.ownerId,
    upload.file,
  );
}

/** A caller who may read the one and write the other copies it; the copy is a version of its own. */
export async function copyObject(
  deps: UploadDeps,
  caller: Caller,
  from: ObjectKey,
  to: ObjectKey,
  upsert: boolean,
): Promise<string> {
  checkStorable(to);
  const source = await findObject(deps.sql, caller, from);
  const bucket = await storedBucket(deps.sql, to.bucket);
  await checkMayUpload(deps.sql, caller, to, upsert);
  const file = {
    size: source.metadata?.size ?? 0,
    contentType: source.metadata?.mimetype ?? "application/octet-stream",
    cacheControl: source.metadata?.cacheControl ?? "no-cache",
    userMetadata: source.user_metadata,
  };
  checkAllowed(bucket, deps.maxFileBytes, file);

  const version = crypto.randomUUID();
  await deps.bytes.copy(source.version, version);
  return await saveOrTakeBack(deps, to, version, caller.userId, file);
}

async function saveOrTakeBack(
  deps: UploadDeps,
  key: ObjectKey,
  version: string,
  ownerId: string | undefined,
  file: ReceivedFile,
): Promise<string> {
  try {
    const saved = await saveObject(deps.sql, key, {
      version,
      ownerId,
      metadata: {
        eTag: `"${version}"`,
        size: file.size,
        mimetype: file.contentType,
        cacheControl: file.cacheControl,
        lastModified: new Date().toISOString(),
        contentLength: file.size,
        httpStatusCode: 200,
      },
      userMetadata: file.userMetadata,
    });
    if (saved.replaced !== version) await deps.bytes.remove(saved.replaced);
    return saved.id;
  } catch (error) {
    await takeBack(deps, version);
    throw error;
  }
}

/**
 * A connection that is lost during the commit leaves open whether the row exists. Bytes are removed only if they
 * certainly have no row; if Postgres is unreachable, the sweep at the next start decides.
 */
async function takeBack({ sql, bytes }: UploadDeps, version: string) {
  const referenced = await referencedVersions(sql, version).catch(() => null);
  if (referenced?.size === 0) await bytes.remove(version);
}
