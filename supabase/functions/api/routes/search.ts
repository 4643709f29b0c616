import { Hono } from "hono";
import type { AppContext, AppEnv } from "../../_shared/app_context.ts";
import { embeddingModel } from "../../_shared/embedding_model.ts";
import { retryAfterHeader } from "../../_shared/error_answer.ts";
import { HttpError, ProviderError } from "../../_shared/errors.ts";
import { normalQuestion } from "../../_shared/question.ts";
import { jsonBody, limitJsonBody } from "../../_shared/validation.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { describe } from "../openapi/operation.ts";
import * as operations from "../openapi/search_operations.ts";
import type { ApiQueries, ChunkSearch, FoundChunks, SearchMode, SearchNotice, VectorLiteral } from "../queries.ts";
import { fingerprintOf, readSearchCursor, writeSearchCursor } from "./search_cursor.ts";
import { type SearchRequest, searchRequest } from "./search_request.ts";

/** Seconds after which to retry if the provider does not say. */
const RETRY_AFTER_SECONDS = 10;

/**
 * The embedding's time-out: a question is one short text, and its user waits.
 */
const EMBED_TIMEOUT_MS = 5_000;

type Parts = Pick<ApiDeps, "queries" | "embedder">;

/** Finds the passages of the user's documents that answer a question. */
export function searchRoutes(
  { queries, embedder, authenticate }: Parts & Pick<ApiDeps, "authenticate">,
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
      const { cursor: word, ...request } = c.req.valid("json");
      const fingerprint = await fingerprintOf(c.var.claims.sub, request);
      const cursor = word ? readSearchCursor(word, fingerprint, request.mode) : null;
      const asked = await chooseMode(
        c,
        { queries, embedder },
        request,
        cursor?.mode ?? request.mode,
        cursor !== null,
      );
      const degraded = asked.mode !== request.mode;
      const { results, next, notices, explained } = await find(queries, c, {
        ...searchOf(request, asked),
        after: cursor?.after ?? null,
      });
      return c.json({
        query: request.query,
        mode: asked.mode,
        ...(degraded && { degraded }),
        results,
        next_cursor: next &&
          writeSearchCursor({ fingerprint, mode: asked.mode, after: next }),
        notices: [...degraded ? withoutMeaning(request) : [], ...notices],
        ...(explained && { explained }),
        took_ms: Math.round(performance.now() - started),
      });
    },
  );

  return routes;
}

interface Asked {
  mode: SearchMode;
  embedding: VectorLiteral | null;
}

/** The search without vectors: options that compare vectors are dropped. */
function searchOf(
  request: Omit<SearchRequest, "cursor">,
  { mode, embedding }: Asked,
): Omit<ChunkSearch, "after"> {
  const { explain } = request;
  const weights = mode === "hybrid" ? request.weights : undefined;
  return {
    embedding,
    text: request.query,
    count: request.k,
    documentIds: request.document_ids ?? null,
    mode,
    minScore: request.min_score ?? null,
    minSimilarity: mode === "text" ? null : request.min_similarity ?? null,
    expand: request.expand,
    maxPerDocument: request.max_per_document ?? null,
    weights: {
      words: weights?.words ?? null,
      meaning: weights?.meaning ?? null,
    },
    language: request.language ?? null,
    explain: explain === true,
    explainChunkId: typeof explain === "string" ? explain : null,
  };
}

/** @throws {HttpError} 503 `search_timeout`; 422 `validation_failed` for what only the database can check */
async function find(
  queries: ApiQueries,
  c: AppContext,
  search: ChunkSearch,
): Promise<FoundChunks> {
  try {
    return await queries.searchChunks(c.var.claims, search);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === QUERY_CANCELED) {
      throw new HttpError("search_timeout", {
        cause: error,
        headers: retryAfterHeader(RETRY_AFTER_SECONDS),
      });
    }
    if (code === INVALID_PARAMETER_VALUE) {
      const { message } = error as Error;
      throw new HttpError("validation_failed", {
        message,
        details: [{ path: "", message }],
        cause: error,
      });
    }
    throw error;
  }
}

/** SQLSTATEs: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const QUERY_CANCELED = "57014";
const INVALID_PARAMETER_VALUE = "22023";

/**
 * Options of a request that have no effect where only words can be compared.
 */
function withoutMeaning(
  { min_similarity, weights }: Pick<
    SearchRequest,
    "min_similarity" | "weights"
  >,
): SearchNotice[] {
  return [
    ...min_similarity !== undefined
      ? [{
        code: "MIN_SIMILARITY_NOT_APPLIED" as const,
        message: "Only words could be compared: min_similarity was not applied.",
      }]
      : [],
    ...weights !== undefined
      ? [{
        code: "WEIGHTS_NOT_APPLIED" as const,
        message: "Only words could be compared: weights were not applied.",
      }]
      : [],
  ];
}

/**
 * The question's vector, and the mode in which the search can be done. A question that the user asked before has a
 * cached vector, whatever the provider's state or the budget. Without the provider, or the budget, a hybrid search
 * compares words only, and the response says so; a vector search is refused with 503 `search_unavailable` or 402
 * `monthly_budget_spent`.
 * @param mode that of the request, or of the pages before
 * @param continues whether there were pages before: the search then cannot change its mode
 */
async function chooseMode(
  c: AppContext,
  { queries, embedder }: Parts,
  { query }: Pick<SearchRequest, "query">,
  mode: SearchMode,
  continues: boolean,
): Promise<Asked> {
  if (mode === "text") return { mode, embedding: null };
  const needsVector = mode === "vector" || continues;
  const userId = c.var.claims.sub;
  const question = normalQuestion(query);
  const known = await queries.questionVector(userId, question);
  if (known) return { mode, embedding: known };
  if (!await queries.mayEmbedQuestion(userId)) {
    if (needsVector) throw budgetSpent();
    return { mode: "text", embedding: null };
  }

  const embedded = await embed(c, { queries, embedder }, question);
  if ("vector" in embedded) {
    const { vector } = embedded;
    const kept = await queries.keepQuestionVector(userId, question, vector);
    return { mode, embedding: kept };
  }
  if (needsVector) throw searchUnavailable(embedded.fault);
  c.var.log.warn("search without vectors", { error: embedded.fault });
  return { mode: "text", embedding: null };
}

/** Embeds a question, and records the cost in any case. Returns a provider's failure; throws any other. */
async function embed(
  c: AppContext,
  { queries, embedder }: Parts,
  question: string,
): Promise<{ vector: Float32Array } | { fault: unknown }> {
  const deadline = AbortSignal.timeout(EMBED_TIMEOUT_MS);
  let billed = 0;
  try {
    const { vectors } = await embedder.embed(
      [question],
      deadline,
      (tokens) => billed += tokens,
    );
    return { vector: vectors[0] };
  } catch (error) {
    const late = deadline.aborted && error === deadline.reason;
    if (!late && !(error instanceof ProviderError)) throw error;
    return { fault: error };
  } finally {
    if (billed > 0) {
      const userId = c.var.claims.sub;
      await queries.recordQuestion(userId, embeddingModel, billed);
    }
  }
}

function budgetSpent(): HttpError {
  return new HttpError("monthly_budget_spent", {
    message: "This month's budget is spent. Search with mode `text`, which costs nothing.",
  });
}

function searchUnavailable(cause: unknown): HttpError {
  const providerDelay = cause instanceof ProviderError &&
    cause.options.retryAfter;
  const retryAfter = providerDelay || RETRY_AFTER_SECONDS;
  return new HttpError("search_unavailable", {
    cause,
    headers: retryAfterHeader(retryAfter),
  });
}
