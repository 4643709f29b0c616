import type { Context, Hono } from "hono";
import type postgres from "postgres";
import { storedBucket } from "./buckets.ts";
import { type Caller, SERVICE } from "./caller.ts";
import { Fault, invalidRequest, missingProperty } from "./faults.ts";
import { downloadOf } from "./object_routes.ts";
import { checkBucketName, fullPath, keyFromPath, type ObjectKey, readObjectName } from "./object_key.ts";
import { checkMayUpload, findObject, visibleNames } from "./objects.ts";
import { readJson } from "./request_body.ts";
import { type RouteDeps } from "./routes.ts";
import { uploadSigned } from "./uploads.ts";
import { pathAfter } from "./paths.ts";

/** Signed URLs for uploads and downloads: a caller with the right makes one, and its holder needs no other right. */
export function signedRoutes(app: Hono, deps: RouteDeps): void {
  const { sql, callerOf, signedUrls } = deps;

  app.post("/object/upload/sign/*", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const key = keyFromPath(pathAfter("/object/upload/sign/", c.req.raw));
    const upsert = c.req.header("x-upsert") === "true";
    const [token] = await Promise.all([
      signedUrls.signUpload(key, { ownerId: caller.userId, upsert }),
      checkMaySign(sql, caller, key, upsert),
    ]);
    const path = fullPath(key).split("/").map(encodeURIComponent).join("/");
    return c.json({ url: `/object/upload/sign/${path}?token=${token}`, token });
  });

  app.put("/object/upload/sign/*", async (c) => {
    const token = tokenOf(c);
    const key = keyFromPath(pathAfter("/object/upload/sign/", c.req.raw));
    const ticket = await signedUrls.verifyUpload(token, key);
    await uploadSigned(deps, ticket, key, c.req.raw);
    return c.json({ Key: fullPath(key) });
  });

  // The client encodes the URL that it is given, so the names in it are left as they are.
  const downloadUrl = async (
    key: { bucket: string; name: string },
    seconds: number,
  ) =>
    `/object/sign/${fullPath(key)}?token=${await signedUrls.signDownload(
      key,
      seconds,
    )}`;

  app.post("/object/sign/:bucket", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const bucket = checkBucketName(c.req.param("bucket"));
    const body = await readJson(c.req.raw);
    const seconds = readExpiry(body.expiresIn);
    if (!Array.isArray(body.paths)) {
      throw invalidRequest("paths must be a list of object names");
    }
    const names = body.paths.map(readObjectName);
    const visible = await visibleNames(sql, caller, bucket, names);
    return c.json(
      await Promise.all(names.map(async (name) => {
        if (!visible.has(name)) {
          return { path: name, signedURL: null, error: HIDDEN_OR_MISSING };
        }
        const signedURL = await downloadUrl({ bucket, name }, seconds);
        return { path: name, signedURL, error: null };
      })),
    );
  });

  app.post("/object/sign/*", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const key = keyFromPath(pathAfter("/object/sign/", c.req.raw));
    const seconds = readExpiry((await readJson(c.req.raw)).expiresIn);
    await findObject(sql, caller, key);
    return c.json({ signedURL: await downloadUrl(key, seconds) });
  });

  app.get("/object/sign/*", async (c) => {
    const token = tokenOf(c);
    const key = keyFromPath(pathAfter("/object/sign/", c.req.raw));
    const expires = await signedUrls.verifyDownload(token, key);
    return await downloadOf(deps, SERVICE, key, c.req.raw, expires);
  });
}

/**
 * A refused caller first learns that the bucket is missing; a permitted caller has proved with the row that it exists.
 */
async function checkMaySign(
  sql: postgres.Sql,
  caller: Caller,
  key: ObjectKey,
  upsert: boolean,
): Promise<void> {
  try {
    await checkMayUpload(sql, caller, key, upsert);
  } catch (refusal) {
    await storedBucket(sql, key.bucket);
    throw refusal;
  }
}

function tokenOf(c: Context): string {
  const token = c.req.query("token");
  if (token === undefined) throw missingProperty("querystring", "token");
  return token;
}

const HIDDEN_OR_MISSING = "Either the object does not exist or you do not have access to it";

/** Seconds, at least one. */
function readExpiry(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) {
    return value;
  }
  throw new Fault(
    400,
    "InvalidParameter",
    "expiresIn must be a whole number of seconds, at least 1",
  );
}
