import type { Context, Hono } from "hono";
import { storedBucket } from "./buckets.ts";
import { type Caller, SERVICE } from "./caller.ts";
import { answerWithObject } from "./downloads.ts";
import { accessDenied, Fault, invalidRequest, noSuchBucket } from "./faults.ts";
import { listFolder, readListRequest } from "./listing.ts";
import { checkBucketName, fullPath, keyFromPath, type ObjectKey, objectKey, readObjectName } from "./object_key.ts";
import { deleteObjects, findObject, renameObject, type StoredObject } from "./objects.ts";
import { readJson } from "./request_body.ts";
import { type RouteDeps } from "./routes.ts";
import { copyObject, uploadAs } from "./uploads.ts";
import { pathAfter } from "./paths.ts";

/** Names that one call may remove, as on hosted. */
const MAX_REMOVED = 1000;

/** Objects: list, info, download, upload, move, copy, remove. The fixed words come before the routes that take any. */
export function objectRoutes(app: Hono, deps: RouteDeps): void {
  const { sql, callerOf } = deps;

  app.post("/object/list/:bucket", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const bucket = checkBucketName(c.req.param("bucket"));
    const request = readListRequest(await readJson(c.req.raw));
    return c.json(await listFolder(sql, caller, bucket, request));
  });

  const info = (prefix: string) => async (c: Context) => {
    const caller = await callerOf(c.req.raw.headers);
    const key = keyFromPath(pathAfter(prefix, c.req.raw));
    return c.json(infoOf(await findObject(sql, caller, key)));
  };
  app.get("/object/info/authenticated/*", info("/object/info/authenticated/"));
  app.get("/object/info/*", info("/object/info/"));

  app.get("/object/public/*", async (c) => {
    const key = keyFromPath(pathAfter("/object/public/", c.req.raw));
    const bucket = await storedBucket(sql, key.bucket);
    if (!bucket.public) throw noSuchBucket();
    return await downloadOf(deps, SERVICE, key, c.req.raw);
  });

  app.get("/object/authenticated/*", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const key = keyFromPath(pathAfter("/object/authenticated/", c.req.raw));
    return await downloadOf(deps, caller, key, c.req.raw);
  });
  // As on hosted, an unauthenticated caller learns of no bucket that is not public.
  app.get("/object/*", async (c) => {
    const key = keyFromPath(pathAfter("/object/", c.req.raw));
    const [caller, bucket] = await Promise.all([
      callerOf(c.req.raw.headers).catch(unlessRefused),
      storedBucket(sql, key.bucket),
    ]);
    if (!caller && !bucket.public) throw noSuchBucket();
    const reader = bucket.public ? SERVICE : caller!;
    return await downloadOf(deps, reader, key, c.req.raw);
  });

  app.post("/object/move", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const { from, to } = readRoute(await readJson(c.req.raw));
    await renameObject(sql, caller, from, to);
    return c.json({ message: "Successfully moved" });
  });

  app.post("/object/copy", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const { from, to } = readRoute(await readJson(c.req.raw));
    const upsert = c.req.header("x-upsert") === "true";
    const id = await copyObject(deps, caller, from, to, upsert);
    return c.json({ Id: id, Key: fullPath(to) });
  });

  const upload = (alwaysUpsert: boolean) => async (c: Context) => {
    const caller = await callerOf(c.req.raw.headers);
    const key = keyFromPath(pathAfter("/object/", c.req.raw));
    const upsert = alwaysUpsert || c.req.header("x-upsert") === "true";
    const id = await uploadAs(deps, caller, key, upsert, c.req.raw);
    return c.json({ Id: id, Key: fullPath(key) });
  };
  app.post("/object/*", upload(false));
  app.put("/object/*", upload(true));

  app.delete("/object/:bucket", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const bucket = checkBucketName(c.req.param("bucket"));
    const names = readNames(await readJson(c.req.raw));
    return c.json(await remove(deps, caller, bucket, names));
  });

  app.delete("/object/*", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const { bucket, name } = keyFromPath(pathAfter("/object/", c.req.raw));
    const removed = await remove(deps, caller, bucket, [name]);
    if (removed.length === 0) {
      await findObject(sql, SERVICE, { bucket, name });
      throw accessDenied("Access denied");
    }
    return c.json({ message: "Successfully deleted" });
  });
}

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Fault)) throw error;
}

/** Answers with the object as this caller may see it. */
export async function downloadOf(
  deps: RouteDeps,
  caller: Caller,
  key: ObjectKey,
  request: Request,
  expires?: Date,
): Promise<Response> {
  const download = new URL(request.url).searchParams.get("download");
  for (let attempt = 1;; attempt++) {
    const object = await findObject(deps.sql, caller, key);
    try {
      return await answerWithObject(request, deps.bytes, object, {
        download,
        expires,
      });
    } catch (error) {
      // Overwritten between reading the row and opening its bytes: the row now names others.
      if (!(error instanceof Fault) || attempt === 3) throw error;
    }
  }
}

/** Deletes the rows first: the next start sweeps bytes without a row, while a row without bytes would be wrong. */
async function remove(
  { sql, bytes }: RouteDeps,
  caller: Caller,
  bucket: string,
  names: string[],
): Promise<StoredObject[]> {
  const removed = await deleteObjects(sql, caller, bucket, names);
  for (const object of removed) await bytes.remove(object.version);
  return removed;
}

function infoOf(object: StoredObject) {
  const { metadata } = object;
  return {
    id: object.id,
    name: object.name,
    version: object.version,
    bucket_id: object.bucket_id,
    size: metadata?.size ?? null,
    content_type: metadata?.mimetype ?? null,
    cache_control: metadata?.cacheControl ?? null,
    etag: metadata?.eTag ?? null,
    metadata: object.user_metadata,
    last_modified: object.updated_at,
    created_at: object.created_at,
  };
}

function readRoute(
  body: Record<string, unknown>,
): { from: ObjectKey; to: ObjectKey } {
  return {
    from: objectKey(body.bucketId, body.sourceKey),
    to: objectKey(body.destinationBucket ?? body.bucketId, body.destinationKey),
  };
}

function readNames(body: Record<string, unknown>): string[] {
  const names = body.prefixes;
  if (
    !Array.isArray(names) || names.length === 0 || names.length > MAX_REMOVED
  ) {
    throw invalidRequest(
      `prefixes must be a list of 1 to ${MAX_REMOVED} object names`,
    );
  }
  return names.map(readObjectName);
}
