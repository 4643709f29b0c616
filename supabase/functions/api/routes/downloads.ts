import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../_shared/app_context.ts";
import { HttpError } from "../../_shared/errors.ts";
import { pathParams } from "../../_shared/validation.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import * as operations from "../openapi/document_operations.ts";
import { describe } from "../openapi/operation.ts";
import { queryFields, queryParams } from "../query_params.ts";
import { documentNotFound, documentParams } from "./documents.ts";

/** Long enough to start a download, which may then take longer. */
const LINK_SECONDS = 300;

const downloadParams = queryFields({
  variant: z.enum(["original", "markdown"]).default("original"),
});

/** Links to a document's files for its owner, valid for five minutes. */
export function downloadRoutes(
  { queries, storage, authenticate }: Pick<
    ApiDeps,
    "queries" | "storage" | "authenticate"
  >,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get(
    "/documents/:document_id/download",
    describe(operations.downloadDocument),
    requireUser(authenticate),
    pathParams(documentParams),
    queryParams(downloadParams),
    async (c) => {
      const { document_id } = c.req.valid("param");
      const { variant } = c.req.valid("query");
      const files = await queries.documentFiles(c.var.claims, document_id);
      if (!files) throw documentNotFound();

      const path = variant === "original" ? files.original_path : files.parsed_path;
      const name = downloadName(files.filename, variant);
      const expires = new Date(Date.now() + LINK_SECONDS * 1000);
      const url = path && await storage.signDownload(path, name, LINK_SECONDS);
      if (!url) throw fileMissing(variant, files.status);
      return c.json({ url, expires_at: expires });
    },
  );

  return routes;
}

function fileMissing(
  variant: "original" | "markdown",
  status: string,
): HttpError {
  if (variant === "markdown") {
    return new HttpError("not_parsed_yet");
  }
  if (status === "awaiting_upload" || status === "expired") {
    return new HttpError("not_uploaded_yet");
  }
  return new HttpError("not_verified", {
    message:
      "The uploaded bytes are not verified and cannot be downloaded. The document's status says whether verification is pending or why it failed.",
  });
}

/** The name under which browsers save a document's file. */
export function downloadName(
  filename: string,
  variant: "original" | "markdown",
): string {
  const name = safeName(filename);
  return variant === "original" ? name : `${name.replace(/\.[^.]{1,10}$/, "")}.md`;
}

/** A name that no system interprets as a path or a pattern, and that cannot end the header that contains it. */
function safeName(filename: string): string {
  return filename.replace(/["\\/:;*?<>|%]/g, "_").replace(/^\.+/, "_");
}
