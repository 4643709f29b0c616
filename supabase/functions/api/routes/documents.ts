import { Hono } from "hono";
import { z } from "zod";
import { type AppEnv, pathParams, requireUser } from "../../_shared/app.ts";
import { HttpError } from "../../_shared/errors.ts";
import type { ApiDeps } from "../app.ts";
import type { DocumentStatus } from "../queries.ts";

const documentParams = z.object({ document_id: z.guid() });

/** Where a document stands. */
export function documentRoutes(
  { queries, authenticate }: Pick<ApiDeps, "queries" | "authenticate">,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get(
    "/documents/:document_id/status",
    requireUser(authenticate),
    pathParams(documentParams),
    async (c) => {
      const { document_id } = c.req.valid("param");
      const status = await queries.documentStatus(c.var.claims, document_id);
      if (!status) {
        const message = "You have no document with this id.";
        throw new HttpError(404, "document_not_found", message);
      }
      return c.json(statusAnswer(status));
    },
  );

  return routes;
}

/** The public form of a status; what does not apply is left out. */
function statusAnswer(status: DocumentStatus) {
  return {
    document_id: status.document_id,
    filename: status.filename,
    status: status.status,
    state: status.state,
    progress: { stage_pct: status.stage_pct, total_pct: status.total_pct },
    created_at: status.created_at,
    updated_at: status.updated_at,
    bytes_len: status.bytes_len,
    mime: status.mime,
    ...(status.next_attempt_at && { next_attempt_at: status.next_attempt_at }),
    ...(status.queue_position && { queue_position: status.queue_position }),
    ...(status.waiting_for && { waiting_for: status.waiting_for }),
    ...(status.last_error && { last_error: errorForUser(status.last_error) }),
  };
}

/** The reference is the id under which the events tell operators the whole story. */
function errorForUser(
  { code, message, reference }: NonNullable<DocumentStatus["last_error"]>,
) {
  if (!reference) return { code, message };
  return { code, message: `${message} (Reference: ${reference})`, reference };
}
