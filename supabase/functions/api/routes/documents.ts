import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../_shared/app_context.ts";
import { originOf } from "../../_shared/audit.ts";
import { HttpError } from "../../_shared/errors.ts";
import { pathParams } from "../../_shared/validation.ts";
import type { documentAnswer } from "../answers.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import * as operations from "../openapi/document_operations.ts";
import { describe } from "../openapi/operation.ts";
import type { DocumentStatus } from "../queries.ts";
import { DOCUMENT_ORDERS } from "../queries/documents.ts";
import { pageSize, queryFields, queryParams } from "../query_params.ts";
import { admit } from "../rate_limit.ts";
import { errorForUser, STATES, STATUSES } from "../vocabulary.ts";
import { invalidCursor, readCursor, writeCursor } from "./document_cursor.ts";

export const documentParams = z.object({ document_id: z.guid() });

const listParams = queryFields({
  limit: pageSize,
  cursor: z.string().max(8000).optional(),
  sort: z.enum(DOCUMENT_ORDERS).default("created_at"),
  order: z.enum(["asc", "desc"]).default("desc"),
  status: z.enum(STATUSES).optional(),
  state: z.enum(STATES).optional(),
  q: z.string().trim().min(1).max(120).refine(
    (text) => !text.includes("\0"),
    "must not contain NUL",
  ).transform((text) => text.toWellFormed()).optional(),
});

/** Routes for the user's documents: list, status, deletion. */
export function documentRoutes(
  { queries, authenticate }: Pick<ApiDeps, "queries" | "authenticate">,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get(
    "/documents",
    describe(operations.listDocuments),
    requireUser(authenticate),
    queryParams(listParams),
    async (c) => {
      const { limit, sort, order, status, state, q, cursor } = c.req.valid(
        "query",
      );
      const descending = order === "desc";
      const from = cursor === undefined ? null : readCursor(cursor);
      if (from && (from.sort !== sort || from.descending !== descending)) {
        throw invalidCursor();
      }
      // One more than requested shows whether there is another page.
      const found = await queries.listDocuments(c.var.claims, {
        sort,
        descending,
        limit: limit + 1,
        after: from?.after ?? null,
        status: status ?? null,
        state: state ?? null,
        filenamePart: q ?? null,
      });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return c.json({
        documents: page.map(statusAnswer),
        next_cursor: last ? writeCursor({ sort, descending, after: last.place }) : null,
      });
    },
  );

  routes.get(
    "/documents/:document_id/status",
    describe(operations.documentStatus),
    requireUser(authenticate),
    pathParams(documentParams),
    async (c) => {
      const { document_id } = c.req.valid("param");
      const { rateLimit, status } = await queries.pollStatus(
        c.var.claims,
        document_id,
      );
      admit(c, rateLimit);
      if (!status) throw documentNotFound();
      return c.json(statusAnswer(status));
    },
  );

  routes.delete(
    "/documents/:document_id",
    describe(operations.deleteDocument),
    requireUser(authenticate),
    pathParams(documentParams),
    async (c) => {
      const { document_id } = c.req.valid("param");
      const { sub } = c.var.claims;
      if (!await queries.deleteDocument(sub, document_id, originOf(c))) {
        throw documentNotFound();
      }
      c.var.log.info("document deleted", { document_id });
      return c.body(null, 204);
    },
  );

  return routes;
}

/** The same for a document that does not exist and one of another user. */
export function documentNotFound(): HttpError {
  return new HttpError("document_not_found");
}

/** The public form of a status, without fields that do not apply. */
function statusAnswer(
  status: DocumentStatus,
): z.input<typeof documentAnswer> {
  return {
    document_id: status.document_id,
    job_id: status.job_id,
    filename: status.filename,
    filename_full: status.filename_full,
    status: status.status,
    state: status.state,
    progress: { stage_pct: status.stage_pct, total_pct: status.total_pct },
    created_at: status.created_at,
    updated_at: status.updated_at,
    bytes_len: status.bytes_len,
    mime: status.mime,
    ...(status.policy_id !== null && { policy_id: status.policy_id }),
    ...(status.next_attempt_at && { next_attempt_at: status.next_attempt_at }),
    ...(status.queue_position && { queue_position: status.queue_position }),
    ...(status.waiting_for && { waiting_for: status.waiting_for }),
    ...(status.last_error && { last_error: errorForUser(status.last_error) }),
    warnings: status.warnings,
    ...(status.title && { title: status.title }),
  };
}
