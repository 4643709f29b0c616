import { describe, expect, it } from "vitest";
import { startOpenAi } from "../../../scripts/platform/simulators/openai/server.ts";
import { ProviderError } from "../_shared/errors.ts";
import { batches, createEmbedder, embeddingDimensions, toVectorLiteral } from "./openai.ts";

const config = { apiKey: "sk-secret-key", apiUrl: "http://openai.invalid/v1" };

interface EmbeddingRequest {
  model: string;
  input: string[];
}

/** An embedder whose requests this function answers. */
function embedderAnsweredBy(
  answer: (request: EmbeddingRequest) => Response | Promise<Response>,
) {
  return createEmbedder(
    config,
    async (url, init) => await answer(JSON.parse(await new Request(url, init).text())),
  );
}

const vector = (value: number) => Array(embeddingDimensions).fill(value);
const answer = (data: { index: number; embedding: unknown }[]) =>
  Response.json({
    object: "list",
    data,
    model: "text-embedding-3-small",
    usage: { prompt_tokens: data.length * 3, total_tokens: data.length * 3 },
  });
const refusal = (
  status: number,
  error: Record<string, unknown> = {},
  headers: HeadersInit = {},
) => Response.json({ error: { message: "m", ...error } }, { status, headers });

async function faultOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(() => undefined, (error) => error);
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe("an embedder", () => {
  it("returns vectors of the real wire format, in the order of the texts", async () => {
    const openai = await startOpenAi({ apiKey: config.apiKey });
    try {
      const { embed } = createEmbedder({
        apiKey: config.apiKey,
        apiUrl: `${openai.url}/v1`,
      });
      const { vectors, tokens } = await embed(["apples", "pears", "apples"]);
      expect(vectors).toHaveLength(3);
      expect(vectors[0]).toHaveLength(embeddingDimensions);
      expect(vectors[2]).toEqual(vectors[0]);
      expect(vectors[1]).not.toEqual(vectors[0]);
      expect(tokens).toBeGreaterThan(0);

      const other = createEmbedder({
        apiKey: "sk-wrong",
        apiUrl: `${openai.url}/v1`,
      });
      const fault = await faultOf(other.embed(["text"]));
      expect(fault).toMatchObject({
        kind: "exhausted",
        code: "OPENAI_UNAUTHORIZED",
      });
    } finally {
      await openai.stop();
    }
  });

  it("sorts a response by its index", async () => {
    const { embed } = embedderAnsweredBy(({ model }) => {
      expect(model).toBe("text-embedding-3-small");
      return answer([
        { index: 1, embedding: vector(0.5) },
        { index: 0, embedding: vector(0.25) },
      ]);
    });
    const { vectors, tokens } = await embed(["a", "b"]);
    expect([vectors[0][0], vectors[1][0]]).toEqual([0.25, 0.5]);
    expect(tokens).toBe(6);
  });

  it.each<[string, { index: number; embedding: unknown }[]]>([
    ["too few numbers", [{ index: 0, embedding: vector(1).slice(1) }]],
    ["only zeros", [{ index: 0, embedding: vector(0) }]],
    ["something that is no number", [{
      index: 0,
      embedding: [...vector(1).slice(1), "x"],
    }]],
    ["infinite numbers", [{ index: 0, embedding: vector(1e300) }]],
    ["no vector", []],
    ["a vector too many", [
      { index: 0, embedding: vector(1) },
      { index: 1, embedding: vector(1) },
    ]],
    ["the same index twice", [
      { index: 0, embedding: vector(1) },
      { index: 0, embedding: vector(1) },
    ]],
  ])("refuses %s as an embedding", async (_, data) => {
    const { embed } = embedderAnsweredBy(() => answer(data));
    expect(await faultOf(embed(["a"]))).toMatchObject({
      kind: "transient",
      code: "OPENAI_BAD_VECTOR",
    });
  });

  it("reports a response that is not the API's", async () => {
    for (const body of ["<html>", "{}", '{"data":[{"index":0}]}']) {
      const { embed } = embedderAnsweredBy(() =>
        new Response(body, { headers: { "content-type": "application/json" } })
      );
      expect((await faultOf(embed(["a"]))).kind).toBe("transient");
    }
  });

  it("halves a batch until each request is accepted, and keeps the order", async () => {
    const sizes: number[] = [];
    const { embed } = embedderAnsweredBy(({ input }) => {
      sizes.push(input.length);
      return input.length > 2
        ? refusal(400, {
          code: "max_tokens_per_request",
          type: "invalid_request_error",
        })
        : answer(
          input.map((text, index) => ({
            index,
            embedding: vector(Number(text)),
          })),
        );
    });
    const { vectors, tokens } = await embed(["1", "2", "3", "4", "5"]);
    expect(vectors.map((v) => v[0])).toEqual([1, 2, 3, 4, 5]);
    expect(tokens).toBe(15);
    expect(sizes).toEqual([5, 2, 3, 1, 2]);
  });

  it("fails permanently for a single text that is too long", async () => {
    const { embed } = embedderAnsweredBy(() =>
      refusal(400, {
        message: "This model's maximum context length is 8192 tokens, however you requested 9000 tokens",
        type: "invalid_request_error",
        code: null,
      })
    );
    expect(await faultOf(embed(["long"]))).toMatchObject({
      kind: "permanent",
      code: "OPENAI_INPUT_TOO_LONG",
    });
  });

  it("sends nothing for no texts, and refuses an empty one", async () => {
    const { embed } = embedderAnsweredBy(() => {
      throw new Error("asked");
    });
    expect(await embed([])).toEqual({ vectors: [], tokens: 0 });
    expect(await faultOf(embed(["a", ""]))).toMatchObject({
      code: "OPENAI_EMPTY_INPUT",
    });
  });

  it("sends one request, and its error contains neither the key nor the texts", async () => {
    let asked = 0;
    const { embed } = embedderAnsweredBy(({ input }) => {
      asked++;
      return refusal(401, {
        message: `Incorrect key sk-secret-key for "${input[0]}"`,
        code: "invalid_api_key",
      }, { "x-request-id": "req_42" });
    });
    const fault = await faultOf(embed(["a private text"]));
    expect(asked).toBe(1);
    expect(fault.message).not.toMatch(/sk-secret|private/);
    expect(fault.message).toMatch(/invalid_api_key, req_42/);
  });

  it("throws the signal's reason when it is aborted", async () => {
    const abort = new AbortController();
    const { embed } = createEmbedder(
      config,
      (_url, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener(
            "abort",
            () => reject(init.signal?.reason),
          );
          abort.abort(new Error("lease lost"));
        }),
    );
    await expect(embed(["a"], abort.signal)).rejects.toThrow("lease lost");
  });

  it("classes a network error as transient", async () => {
    const { embed } = createEmbedder(
      { ...config, apiUrl: "http://127.0.0.1:1/v1" },
    );
    expect(await faultOf(embed(["a"]))).toMatchObject({
      kind: "transient",
      code: "OPENAI_UNREACHABLE",
    });
  });

  it.each([
    [429, "insufficient_quota", "exhausted"],
    [429, "credit_balance_exhausted", "exhausted"],
    [429, "project_spend_limit_exceeded", "exhausted"],
    [429, "organization_usage_limit_exceeded", "exhausted"],
    [429, "rate_limit_exceeded", "throttled"],
    [402, "billing", "exhausted"],
    [401, "invalid_api_key", "exhausted"],
    [403, "unsupported_country", "exhausted"],
    [404, "model_not_found", "exhausted"],
    [408, "timeout", "transient"],
    [409, "conflict", "transient"],
    [500, "server_error", "transient"],
    [502, "bad_gateway", "transient"],
    [503, "overloaded", "throttled"],
    [400, "invalid_value", "permanent"],
    [422, "unprocessable", "permanent"],
  ])("classes %i %s as %s", async (status, code, kind) => {
    const { embed } = embedderAnsweredBy(() => refusal(status, { code }));
    expect((await faultOf(embed(["a"]))).kind).toBe(kind);
    const typed = embedderAnsweredBy(() => refusal(status, { type: code }));
    expect((await faultOf(typed.embed(["a"]))).kind).toBe(kind);
  });

  it("returns the delay that OpenAI asks for", async () => {
    const { embed } = embedderAnsweredBy(() =>
      refusal(429, { code: "rate_limit_exceeded" }, {
        "retry-after-ms": "1500",
      })
    );
    expect((await faultOf(embed(["a"]))).options.retryAfter).toBe(1.5);
  });
});

describe("batches", () => {
  const items = (...tokens: number[]) => tokens.map((tokens) => ({ tokens }));
  const sums = (lists: { tokens: number }[][]) => lists.map((list) => list.map((item) => item.tokens));

  it("fills each list up to both limits, in order", () => {
    const limits = { maxInputs: 3, maxTokens: 10 };
    expect(sums(batches(items(4, 6, 1, 1, 1, 1, 9, 2), limits)))
      .toEqual([[4, 6], [1, 1, 1], [1, 9], [2]]);
    expect(batches([], limits)).toEqual([]);
  });

  it("puts an item beyond the limit alone", () => {
    const limits = { maxInputs: 3, maxTokens: 10 };
    expect(sums(batches(items(1, 11, 1), limits))).toEqual([[1], [11], [1]]);
  });

  it("refuses limits below one", () => {
    expect(() => batches(items(1), { maxInputs: 0, maxTokens: 1 })).toThrow(
      RangeError,
    );
  });
});

it("writes a vector as pgvector reads it", () => {
  expect(toVectorLiteral(Float32Array.of(0.5, -1, 0))).toBe("[0.5,-1,0]");
  expect(toVectorLiteral([1e-7, 2])).toBe("[1e-7,2]");
});
