import type { Hono } from "hono";
import { createBucket, getBucket, listBuckets, readBucketRequest } from "./buckets.ts";
import { readJson } from "./request_body.ts";
import type { RouteDeps } from "./routes.ts";

/** Buckets: list, get, create. Projects change and delete theirs in SQL or on the hosted dashboard. */
export function bucketRoutes(
  app: Hono,
  { sql, callerOf }: RouteDeps,
): void {
  app.get("/bucket", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    return c.json(await listBuckets(sql, caller));
  });

  app.get("/bucket/:id", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    return c.json(await getBucket(sql, caller, c.req.param("id")));
  });

  app.post("/bucket", async (c) => {
    const caller = await callerOf(c.req.raw.headers);
    const { id, settings } = readBucketRequest(await readJson(c.req.raw));
    await createBucket(sql, caller, id, settings);
    return c.json({ name: id });
  });
}
