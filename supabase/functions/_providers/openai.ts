import { failure } from "../_shared/error_codes.ts";
import OpenAI, { type ClientOptions } from "openai";
import { embeddingModel } from "../_shared/embedding_model.ts";
import { ProviderError } from "../_shared/errors.ts";
import { isTooManyTokens, openAiFault } from "./openai_faults.ts";
import { withoutRedirects } from "./outbound.ts";

export const embeddingDimensions = 1536;

/** The limits of one request (OpenAI's API reference, "Create embeddings"). */
export const requestLimits = { maxInputs: 2048, maxTokens: 300_000 };

/** A request of the largest size takes a few seconds; a longer one has been lost. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface Embeddings {
  /** In the order of the texts, each of 1536 finite numbers that are not all zero. */
  vectors: Float32Array[];
  /** The tokens that OpenAI bills. */
  tokens: number;
}

export interface Embedder {
  /**
   * Embeds the texts in one request, or in several if OpenAI finds one too large. Retries nothing.
   * @param texts no more than `requestLimits`, none of them empty
   * @param onBilled gets the tokens of each response, also of an invalid one
   * @throws {ProviderError} of every kind; `permanent` if one of the texts can never be embedded
   * @throws the signal's reason, if it aborts the call
   */
  embed(
    texts: string[],
    signal?: AbortSignal,
    onBilled?: (tokens: number) => void,
  ): Promise<Embeddings>;
}

export function createEmbedder(
  config: { apiKey: string; apiUrl: string },
  fetch: typeof globalThis.fetch = withoutRedirects(),
): Embedder {
  const options: ClientOptions = {
    apiKey: config.apiKey,
    baseURL: config.apiUrl,
    fetch,
    // The SDK would retry billing errors too; the engine retries.
    maxRetries: 0,
    timeout: REQUEST_TIMEOUT_MS,
    // Only the configuration decides where requests go and who pays, and the SDK must not log texts.
    organization: null,
    project: null,
    adminAPIKey: null,
    logLevel: "off",
  };
  const client = new OpenAI(options);

  async function embed(
    texts: string[],
    signal?: AbortSignal,
    onBilled: (tokens: number) => void = () => {},
  ): Promise<Embeddings> {
    signal?.throwIfAborted();
    if (texts.length === 0) return { vectors: [], tokens: 0 };
    if (texts.includes("")) {
      throw new ProviderError("permanent", "OPENAI_EMPTY_INPUT", {});
    }
    // The SDK's own time-out ends with the headers; this one covers the body.
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    try {
      const answer = await client.embeddings.create(
        { model: embeddingModel, input: texts },
        { signal: signal ? AbortSignal.any([signal, timeout]) : timeout },
      );
      const tokens = answer.usage?.prompt_tokens ?? 0;
      onBilled(tokens);
      return { vectors: checkedVectors(answer, texts.length), tokens };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ProviderError) throw error;
      if (timeout.aborted) {
        throw new ProviderError("transient", "OPENAI_TIMEOUT");
      }
      if (!isTooManyTokens(error)) throw openAiFault(error);
    }
    if (texts.length === 1) {
      throw new ProviderError("permanent", "OPENAI_INPUT_TOO_LONG", {});
    }
    const middle = texts.length >> 1;
    const first = await embed(texts.slice(0, middle), signal, onBilled);
    const second = await embed(texts.slice(middle), signal, onBilled);
    return {
      vectors: [...first.vectors, ...second.vectors],
      tokens: first.tokens + second.tokens,
    };
  }

  return { embed };
}

/**
 * The vectors of a response in the order of the inputs, whatever its own order.
 */
function checkedVectors(
  answer: OpenAI.CreateEmbeddingResponse,
  count: number,
): Float32Array[] {
  const vectors: Float32Array[] = [];
  for (const { index, embedding } of answer.data) {
    const vector = Float32Array.from(embedding);
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw badVector(`an index outside the ${count} inputs`);
    }
    if (vectors[index]) throw badVector("an input answered twice");
    if (vector.length !== embeddingDimensions) {
      throw badVector(`${vector.length} numbers, not ${embeddingDimensions}`);
    }
    if (!vector.every(Number.isFinite)) throw badVector("not all numbers");
    if (vector.every((number) => number === 0)) throw badVector("all zeros");
    vectors[index] = vector;
  }
  if (answer.data.length !== count) {
    throw badVector(`${answer.data.length} vectors for ${count} inputs`);
  }
  return vectors;
}

function badVector(what: string): ProviderError {
  return new ProviderError("transient", "OPENAI_BAD_VECTOR", {
    message: failure("OPENAI_BAD_VECTOR", { reason: what }).message,
  });
}

/**
 * The items in order, in as few lists as the limits allow. An item that exceeds `maxTokens` is alone in its list.
 * @throws {RangeError} if a limit is not positive
 */
export function batches<T extends { tokens: number }>(
  items: T[],
  limits: { maxInputs: number; maxTokens: number },
): T[][] {
  if (!(limits.maxInputs >= 1 && limits.maxTokens >= 1)) {
    throw new RangeError("the limits of a batch must be at least 1");
  }
  const lists: T[][] = [];
  let tokens = 0;
  for (const item of items) {
    const last = lists.at(-1);
    if (
      last && last.length < limits.maxInputs &&
      tokens + item.tokens <= limits.maxTokens
    ) {
      last.push(item);
      tokens += item.tokens;
    } else {
      lists.push([item]);
      tokens = item.tokens;
    }
  }
  return lists;
}

/** The vector as pgvector reads it: `[0.1,0.2]`. */
export function toVectorLiteral(vector: ArrayLike<number>): string {
  return `[${Array.prototype.join.call(vector, ",")}]`;
}
