import { Hono } from "hono";
import { z } from "zod";
import {
  type AppContext,
  type AppEnv,
  jsonBody,
  limitJsonBody,
  requireUser,
  retryAfterHeader,
} from "../../_shared/app.ts";
import { HttpError, ProviderError } from "../../_shared/errors.ts";
import { fields } from "../../_shared/fields.ts";
import { type Embedder, embeddingModel } from "../../_shared/openai.ts";
import type { ApiDeps } from "../app.ts";
import * as operations from "../openapi/search_operations.ts";
import { describe } from "../openapi/operation.ts";
import type { ApiQueries, SearchMode } from "../queries.ts";

/** Seconds after which a caller may try again when the provider does not say. */
const RETRY_AFTER_SECONDS = 10;

/** A question is one short text; whoever asked it is waiting. */
const EMBED_TIMEOUT_MS = 5_000;

const searchRequest = fields({
  query: z.string().trim().min(1).max(2000).transform((text) =>
    // Postgres text holds neither NUL nor half a surrogate pair.
    text.replaceAll("\0", " ").toWellFormed()
  ),
  k: z.int().min(1).max(50).default(8),
  document_ids: z.array(z.guid()).min(1).max(100).optional(),
  mode: z.enum(["hybrid", "vector", "text"]).default("hybrid"),
});

/** Finds the passages of the user's own documents that answer a question. */
export function searchRoutes(
  { queries, embedder, authenticate }: Pick<
    ApiDeps,
    "queries" | "embedder" | "authenticate"
  >,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post(
    "/search",
    describe(operations.search),
    requireUser(authenticate),
    limitJsonBody(),
    jsonBody(searchRequest),
    async (c) => {
      const started = performance.now();
      const { query, k, document_ids, mode } = c.req.valid("json");
      const asked = await embedQuestion(
        c,
        { queries, embedder },
        query,
        mode,
      );
      const results = await queries.searchChunks(c.var.claims, {
        embedding: asked.embedding,
        text: query,
        count: k,
        documentIds: document_ids ?? null,
        mode: asked.mode,
      });
      return c.json({
        query,
        mode: asked.mode,
        ...(asked.mode !== mode && { degraded: true }),
        results,
        took_ms: Math.round(performance.now() - started),
      });
    },
  );

  return routes;
}

/**
 * The question's vector, and the mode in which the search can be done: without the provider, or the money for it, a
 * hybrid search still finds words, and the answer says so; a vector search is refused with 503 `search_unavailable` or
 * 402 `monthly_budget_spent`.
 */
async function embedQuestion(
  c: AppContext,
  { queries, embedder }: { queries: ApiQueries; embedder: Embedder },
  question: string,
  mode: SearchMode,
): Promise<{ mode: SearchMode; embedding: Float32Array | null }> {
  if (mode === "text") return { mode, embedding: null };
  const userId = c.var.claims.sub;
  if (!await queries.mayEmbedQuestion(userId)) {
    if (mode === "vector") throw budgetSpent();
    return { mode: "text", embedding: null };
  }

  const deadline = AbortSignal.timeout(EMBED_TIMEOUT_MS);
  let billed = 0;
  try {
    const { vectors } = await embedder.embed(
      [question],
      deadline,
      (tokens) => billed += tokens,
    );
    return { mode, embedding: vectors[0] };
  } catch (error) {
    const late = deadline.aborted && error === deadline.reason;
    if (!late && !(error instanceof ProviderError)) throw error;
    if (mode === "vector") throw searchUnavailable(error);
    c.var.log.warn("search without vectors", { error });
    return { mode: "text", embedding: null };
  } finally {
    if (billed > 0) {
      await queries.recordQuestion(userId, embeddingModel, billed);
    }
  }
}

function budgetSpent(): HttpError {
  return new HttpError(
    402,
    "monthly_budget_spent",
    "This month's budget is spent. Search with mode `text`, which costs nothing.",
  );
}

function searchUnavailable(cause: unknown): HttpError {
  const told = cause instanceof ProviderError && cause.options.retryAfter;
  const retryAfter = told || RETRY_AFTER_SECONDS;
  return new HttpError(
    503,
    "search_unavailable",
    "The question cannot be embedded just now. Try again soon, or search with mode `text`.",
    { cause, headers: retryAfterHeader(retryAfter) },
  );
}
