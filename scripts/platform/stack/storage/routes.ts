import { Hono } from "hono";
import { cors } from "hono/cors";
import { bucketRoutes } from "./bucket_routes.ts";
import type { CallerReader } from "./caller.ts";
import { Fault } from "./faults.ts";
import { objectRoutes } from "./object_routes.ts";
import { signedRoutes } from "./signed_routes.ts";
import type { SignedUrls } from "./signed_urls.ts";
import { BASE } from "./paths.ts";
import type { UploadDeps } from "./uploads.ts";

export interface RouteDeps extends UploadDeps {
  callerOf: CallerReader;
  signedUrls: SignedUrls;
  resumable: (request: Request) => Promise<Response>;
  /** Receives every error that is not an answer to bad input. */
  onError: (error: unknown) => void;
}

/** The routes of Storage v1 that `storage-js` and TUS clients use. */
export function createRoutes(deps: RouteDeps): Hono {
  const app = new Hono().basePath(BASE);
  app.onError((error) => answerError(error, deps.onError));
  app.notFound((c) => {
    const route = `Route ${c.req.method}:${c.req.path} not found`;
    return new Fault(404, "NotFound", route, "Not Found").toResponse();
  });
  allowBrowsers(app);
  app.get("/status", (c) => c.body(null, 200));
  bucketRoutes(app, deps);
  app.all("/upload/resumable", (c) => deps.resumable(c.req.raw));
  app.all("/upload/resumable/*", (c) => deps.resumable(c.req.raw));
  signedRoutes(app, deps);
  objectRoutes(app, deps);
  return app;
}

/**
 * Allows browser applications on any origin; an OPTIONS request that is no preflight is TUS asking for the server's
 * features.
 */
function allowBrowsers(app: Hono): void {
  const allow = cors({
    origin: "*",
    allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    exposeHeaders: [
      "Content-Range",
      "Content-Length",
      "Content-Disposition",
      "ETag",
      "Location",
      "Tus-Complete",
      "Tus-Extension",
      "Tus-Max-Size",
      "Tus-Resumable",
      "Tus-Version",
      "Upload-Defer-Length",
      "Upload-Length",
      "Upload-Metadata",
      "Upload-Offset",
    ],
    maxAge: 3600,
  });
  app.use((c, next) => {
    const preflight = c.req.header("access-control-request-method");
    return c.req.method === "OPTIONS" && !preflight ? next() : allow(c, next);
  });
}

function answerError(
  error: unknown,
  onError: (error: unknown) => void,
): Response {
  if (error instanceof Fault) {
    if (error.status >= 500) onError(error);
    return error.toResponse();
  }
  onError(error);
  return new Fault(500, "InternalError", "Internal Server Error", "Internal")
    .toResponse();
}
