import { encode } from "gpt-tokenizer/encoding/cl100k_base";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ControlClient } from "../control_client.ts";
import type { Simulator } from "../simulator.ts";
import { duration } from "./rate_limit.ts";
import { startOpenAi } from "./server.ts";

const model = "text-embedding-3-small";
let simulator: Simulator;
let client: OpenAI;
let control: ControlClient;

beforeAll(async () => {
  simulator = await startOpenAi({ apiKey: "sk-test" });
  client = clientWith("sk-test");
  control = new ControlClient(simulator.url);
});
afterEach(() => control.reset());
afterAll(() => simulator.stop());

function clientWith(apiKey: string, url = simulator.url) {
  return new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
}

/** What a request that must fail failed with. */
async function failure(input: unknown, more = {}) {
  try {
    await client.embeddings.create({ model, input: input as string, ...more });
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error("the request succeeded");
}

describe("embeddings", () => {
  it("contain a vector for each input and the token count", async () => {
    const input = ["a first text", "and a second one"];
    const { data, response } = await client.embeddings.create({ model, input })
      .withResponse();
    expect(data.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(data.data[0].embedding).toHaveLength(1536);
    expect(data.object).toBe("list");
    expect(data.model).toBe(model);
    const tokens = encode(input[0]).length + encode(input[1]).length;
    expect(data.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
    expect(response.headers.get("x-ratelimit-limit-requests")).toBe("5000");
    expect(response.headers.get("x-ratelimit-remaining-tokens")).toMatch(
      /^\d+$/,
    );
    expect(response.headers.get("x-ratelimit-reset-tokens")).toMatch(/ms$/);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  it("are equal as floats, as base64 and from tokens", async () => {
    const input = "the same text";
    const create = (more: Record<string, unknown>) => client.embeddings.create({ model, input, ...more });
    const [decoded] = (await create({})).data;
    const [floats] = (await create({ encoding_format: "float" })).data;
    const [tokens] = (await create({ input: encode(input) })).data;
    const [raw] = (await create({ encoding_format: "base64" })).data;
    expect(decoded.embedding).toEqual(floats.embedding.map(Math.fround));
    expect(tokens.embedding).toEqual(decoded.embedding);
    expect(typeof raw.embedding).toBe("string");
  });

  it("have the requested number of dimensions", async () => {
    const { data } = await client.embeddings.create({
      model,
      input: "short",
      dimensions: 256,
    });
    expect(data[0].embedding).toHaveLength(256);
    expect(Math.hypot(...data[0].embedding)).toBeCloseTo(1, 5);
  });

  it("accept 2,048 inputs with 8,192 tokens each", async () => {
    const { data } = await client.embeddings.create({
      model,
      input: Array.from({ length: 2048 }, (_, at) => `text ${at}`),
      dimensions: 8,
    });
    expect(data).toHaveLength(2048);
    await client.embeddings.create({
      model,
      input: new Array(8192).fill(1820),
      dimensions: 8,
    });
  });
});

describe("requests that OpenAI refuses", () => {
  it.each([
    ["an empty text", "", "input"],
    ["an empty text among others", ["a", ""], "input"],
    ["no inputs", [], "input"],
    ["something else than text", [{ text: "a" }], "input"],
    ["too many inputs", new Array(2049).fill("a"), "input"],
    ["too long a text", new Array(8193).fill(1820), "input"],
  ])("%s: 400", async (_name, input, param) => {
    const error = await failure(input);
    expect(error.status).toBe(400);
    expect(error.type).toBe("invalid_request_error");
    expect(error.param).toBe(param);
  });

  it("return 400 max_tokens_per_request for too many tokens in all", async () => {
    const error = await failure(new Array(38).fill(new Array(8000).fill(1820)));
    expect(error).toMatchObject({
      status: 400,
      code: "max_tokens_per_request",
      type: "max_tokens_per_request",
    });
  });

  it("return 404 for an unknown model, 401 for a wrong key, 400 for too many dimensions", async () => {
    expect(await failure("a", { model: "no-such-model" })).toMatchObject({
      status: 404,
      code: "model_not_found",
    });
    expect(await failure("a", { dimensions: 1537 })).toMatchObject({
      status: 400,
      param: "dimensions",
    });
    const wrong = clientWith("sk-wrong").embeddings.create({
      model,
      input: "a",
    });
    await expect(wrong).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
    });
    const without = await fetch(`${simulator.url}/v1/embeddings`, {
      method: "POST",
    });
    expect(without.status).toBe(401);
    await without.body?.cancel();
  });

  it("return 429 with retry-after for too many in a minute", async () => {
    const narrow = await startOpenAi({ requestsPerMinute: 1 });
    const hurried = clientWith("any", narrow.url);
    await hurried.embeddings.create({ model, input: "a" });
    const error = await hurried.embeddings.create({ model, input: "a" })
      .catch((error) => error);
    expect(error).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      type: "requests",
    });
    const wait = Number(error.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    await narrow.stop();
  });

  it("write durations as OpenAI does", () => {
    expect([12, 1500, 360_000].map(duration)).toEqual(["12ms", "1.5s", "6m0s"]);
  });
});

describe("faults on demand", () => {
  it("answer 429 with retry-after, and insufficient_quota", async () => {
    await control.faults({
      next_responses: [
        {
          route: "embeddings",
          status: 429,
          headers: { "retry-after": "2" },
        },
        { route: "embeddings", status: 429, code: "insufficient_quota" },
        { route: "embeddings", status: 500 },
      ],
    });
    const limited = await failure("a");
    expect(limited.code).toBe("rate_limit_exceeded");
    expect(limited.headers?.get("retry-after")).toBe("2");
    expect(await failure("a")).toMatchObject({
      status: 429,
      code: "insufficient_quota",
      type: "insufficient_quota",
    });
    expect(await failure("a")).toMatchObject({ status: 500 });
    await client.embeddings.create({ model, input: "a" });
    expect(await control.count("embeddings")).toBe(1);
  });

  it("replace the vectors by invalid ones", async () => {
    const vectors = async (fault: string) => {
      await control.faults({ vectors: fault });
      const { data } = await client.embeddings.create({
        model,
        input: ["a text", "another"],
      });
      return data;
    };
    expect((await vectors("short"))[0].embedding).toHaveLength(1535);
    expect(Math.hypot(...(await vectors("zero"))[0].embedding)).toBe(0);
    expect((await vectors("nan"))[0].embedding[0]).toBeNaN();
    expect((await vectors("swapped")).map(({ index }) => index))
      .toEqual([1, 0]);
  });

  it("withhold an answer until released, and log the request", async () => {
    await control.faults({ hold: "embeddings" });
    const held = client.embeddings.create({ model, input: ["a", "b"] });
    let log = await control.log();
    while (log.held === 0) log = await control.log();
    expect(log.requests[0]).toMatchObject({
      held: true,
      metadata: { inputs: 2, tokens: 2 },
    });
    expect(await control.release()).toBe(1);
    expect((await held).data).toHaveLength(2);
  });
});
