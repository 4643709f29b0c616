import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../_shared/app_context.ts";
import { originOf } from "../../_shared/audit.ts";
import { HttpError } from "../../_shared/errors.ts";
import { fields } from "../../_shared/fields.ts";
import { jsonBody, limitJsonBody, pathParams } from "../../_shared/validation.ts";
import type { reparseAnswer } from "../answers.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { answerOnce } from "../idempotency.ts";
import * as operations from "../openapi/document_operations.ts";
import { describe } from "../openapi/operation.ts";
import type { Reparse } from "../queries.ts";
import { documentNotFound, documentParams } from "./documents.ts";
import { budgetSpent, dailyLimit, documentRefused } from "./upload_registration.ts";

/**
 * More than any document may have; the document decides which of them exist.
 */
const MOST_PAGES = 10_000;

const pageNumber = z.int().min(1).max(2 ** 31 - 1);

const reparseRequest = fields({
  pages: z.union([
    z.literal("unread"),
    z.array(pageNumber).min(1).max(MOST_PAGES),
  ], `must be "unread" or 1 to ${MOST_PAGES} page numbers, which count from 1`)
    .optional(),
  ocr: z.boolean().optional(),
}).meta({ ref: "ReparseRequest" });

/** Has LlamaParse parse pages again. A paid action: it counts, and is checked against budgets, as an upload is. */
export function reparseRoutes(
  { queries, authenticate, idempotencyKeys }: Pick<
    ApiDeps,
    "queries" | "authenticate" | "idempotencyKeys"
  >,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post(
    "/documents/:document_id/reparse",
    describe(operations.reparseDocument),
    requireUser(authenticate),
    pathParams(documentParams),
    limitJsonBody(),
    jsonBody(reparseRequest),
    async (c) => {
      const { document_id } = c.req.valid("param");
      const request = c.req.valid("json");
      return await answerOnce(c, idempotencyKeys, request, async () => {
        const answer = accepted(
          document_id,
          await queries.reparseDocument({
            userId: c.var.claims.sub,
            documentId: document_id,
            pages: request.pages ?? null,
            ocr: request.ocr ?? null,
            origin: originOf(c),
          }),
        );
        c.var.log.info("document reparsed", { document_id });
        return answer;
      }, 202);
    },
  );

  return routes;
}

/** @throws {HttpError} with the contract's code for each outcome */
function accepted(
  document_id: string,
  reparse: Reparse,
): z.input<typeof reparseAnswer> {
  switch (reparse.outcome) {
    case "accepted": {
      const { jobId: job_id, status, pages } = reparse;
      return { document_id, job_id, status, pages };
    }
    case "unknown":
      throw documentNotFound();
    case "busy":
      throw notParsed(reparse);
    case "refused":
      throw documentRefused(document_id, reparse.jobId, reparse.reason);
    case "not_parsed":
      throw new HttpError("not_parsed");
    case "nothing_unread":
      throw new HttpError("nothing_unread", {
        message: "The parser failed on no page of the document. Name the pages to " +
          "parse again, or add `ocr` to parse those without text.",
      });
    case "no_such_page":
      throw noSuchPage(reparse);
    case "daily_limit":
      throw dailyLimit(reparse);
    case "budget_spent":
      throw budgetSpent(reparse);
  }
}

function notParsed(
  { jobId, status }: Extract<Reparse, { outcome: "busy" }>,
): HttpError {
  const details = { status, job_id: jobId };
  switch (status) {
    case "awaiting_upload":
    case "expired":
      return new HttpError("not_uploaded_yet", {
        message: "The document's bytes have not arrived. Upload them first.",
        details,
      });
    case "failed_chunking":
    case "failed_embedding":
    case "duplicate":
      return new HttpError("not_complete", {
        message:
          `The document was parsed, and then failed at ${status}. Retry its job first: POST /api/jobs/${jobId}/retry.`,
        details,
      });
    default:
      return new HttpError("document_busy", {
        message: `The document is being processed (${status}). Retry when it is complete.`,
        details,
      });
  }
}

function noSuchPage(
  { pages, pageCount }: Extract<Reparse, { outcome: "no_such_page" }>,
): HttpError {
  const missing = pages.filter((page) => page > (pageCount ?? 0));
  return new HttpError("no_such_page", {
    message: pageCount === null
      ? "The parser numbered no pages of the document. Omit `pages` to parse all of it again."
      : `The document has ${pageCount} pages; these do not exist: ${missing.join(", ")}.`,
    details: { pages: missing, page_count: pageCount },
  });
}
