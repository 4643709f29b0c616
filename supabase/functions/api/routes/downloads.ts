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

/** Long enough to start a download; one that has begun may take longer. */
const LINK_SECONDS = 300;

const downloadParams = queryFields({
  variant: z.enum(["original", "markdown"]).default("original"),
});

/** Links to a document's files, for its owner, good for five minutes. */
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

      const path = variant === "original"
        ? files.original_path
        : files.parsed_path;
      const name = downloadName(files.filename, variant);
      const expires = new Date(Date.now() + LINK_SECONDS * 1000);
      const url = path && await storage.signDownload(path, name, LINK_SECONDS);
      if (!url) throw notThere(variant, files.status);
      return c.json({ url, expires_at: expires });
    },
  );

  return routes;
}

function notThere(
  variant: "original" | "markdown",
  status: string,
): HttpError {
  if (variant === "markdown") {
    return new HttpError(
      409,
      "not_parsed_yet",
      "The document has no parsed text, or none yet. Its status tells which.",
    );
  }
  if (status === "awaiting_upload" || status === "expired") {
    return new HttpError(
      409,
      "not_uploaded_yet",
      "The document's bytes have not arrived.",
    );
  }
  return new HttpError(
    409,
    "not_verified",
    "What arrived is not known to be what was announced, and is given to nobody. The document's status tells whether it is still to be checked, or why it was refused.",
  );
}

/** Under which browsers save a document's file. */
export function downloadName(
  filename: string,
  variant: "original" | "markdown",
): string {
  const name = safeName(filename);
  return variant === "original"
    ? name
    : `${name.replace(/\.[^.]{1,10}$/, "")}.md`;
}

/** A name that no system takes for a path, a pattern or an end of the header that carries it. */
function safeName(filename: string): string {
  return filename.replace(/["\\/:;*?<>|%]/g, "_").replace(/^\.+/, "_");
}
