import { Hono } from "hono";
import type { AppContext, AppEnv } from "../../_shared/app_context.ts";
import { jsonBody, limitJsonBody } from "../../_shared/validation.ts";
import { requireUser } from "../auth.ts";
import { answerOnce } from "../idempotency.ts";
import { describe } from "../openapi/operation.ts";
import * as operations from "../openapi/upload_operations.ts";
import { isBatch, registerBatch } from "./upload_batch.ts";
import { uploadsInOneRequest } from "./upload_form.ts";
import { announce, type UploadDeps, uploadOf, uploadRequest } from "./upload_registration.ts";

/**
 * Starts an upload in three ways: registered in JSON, one or many at once, with the bytes to follow by signed URL; or
 * with the bytes, as a form.
 */
export function uploadRoutes(deps: UploadDeps): Hono<AppEnv> {
  const { queries, authenticate, idempotencyKeys } = deps;
  const routes = new Hono<AppEnv>();
  const uploadInOneRequest = uploadsInOneRequest(deps);
  const signedIn = requireUser(authenticate);

  routes.get(
    "/upload/limits",
    describe(operations.uploadLimits),
    signedIn,
    async (c) => {
      const userId = c.var.claims.sub;
      const [limits, used, monthly_budget] = await Promise.all([
        queries.limits(),
        queries.usage(userId),
        queries.monthlyBudget(userId),
      ]);
      return c.json({ ...limits, used, monthly_budget });
    },
  );

  routes.post(
    "/upload-document-backend",
    signedIn,
    async (c, next) => {
      if (!isMultipart(c)) return await next();
      return await uploadInOneRequest(c);
    },
    limitJsonBody(),
    async (c, next) => {
      // A body that is not JSON is refused below, with one message for all.
      const body = isJson(c) && await c.req.json().catch(() => null);
      if (!isBatch(body)) return await next();
      return await registerBatch(c, deps, body);
    },
    jsonBody(uploadRequest),
    // After the validation, whose own description covers only a single file.
    describe(operations.uploadDocument(uploadRequest)),
    async (c) => {
      const upload = uploadOf(c.req.valid("json"));
      return await answerOnce(
        c,
        idempotencyKeys,
        upload,
        () => announce(c, deps, upload),
      );
    },
  );

  return routes;
}

function isMultipart(c: AppContext): boolean {
  return /^multipart\/form-data\b/i.test(c.req.header("content-type") ?? "");
}

function isJson(c: AppContext): boolean {
  return /json/i.test(c.req.header("content-type") ?? "");
}
