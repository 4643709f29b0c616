import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ProviderError } from "../../_shared/errors.ts";
import { DOCUMENT, FakeWorld, USER } from "../fakes.ts";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

afterEach(() => vi.restoreAllMocks());

const search = (json: unknown, user?: string | null) =>
  world.request("/api/search", { json, user });

function embedderFails(error: Error) {
  world.embedder.embed = () => Promise.reject(error);
}

describe("a search", () => {
  test("embeds the question and answers the ranked passages", async () => {
    const found = {
      chunk_id: "e4e1a71a-5fe1-5da7-bfe7-f30bb77c8d65",
      document_id: DOCUMENT,
      filename: "report.pdf",
      page: 2,
      page_from: 1,
      page_to: 2,
      heading_path: ["Results", "Yield"],
      content: "The yield was 4 %.",
      score: 0.7,
    };
    const inFake = world.queries.searchChunks;
    world.queries.searchChunks = async (claims, query) => {
      await inFake(claims, query);
      return [found];
    };
    const answer = await search({ query: " What was the yield? ", k: 3 });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      query: "What was the yield?",
      mode: "hybrid",
      results: [found],
      took_ms: expect.any(Number),
    });
    expect(world.embedded).toEqual([["What was the yield?"]]);
    expect(world.searched).toEqual([{
      embedding: new Float32Array([1, 0, 0]),
      text: "What was the yield?",
      count: 3,
      documentIds: null,
      mode: "hybrid",
    }]);
  });

  test("finds 8 passages where no number is asked for", async () => {
    await search({ query: "x" });
    expect(world.searched[0].count).toBe(8);
  });

  test("keeps to the documents that it names", async () => {
    await search({ query: "x", document_ids: [DOCUMENT] });
    expect(world.searched[0].documentIds).toEqual([DOCUMENT]);
  });

  test("for words alone needs no embedding", async () => {
    embedderFails(new Error("must not be asked"));
    const answer = await search({ query: "yield", mode: "text" });
    expect(answer.status).toBe(200);
    expect(world.searched[0]).toMatchObject({ embedding: null, mode: "text" });
  });

  test.each([
    [{}, "query"],
    [{ query: "  " }, "query"],
    [{ query: "x".repeat(2001) }, "query"],
    [{ query: "x", k: 0 }, "k"],
    [{ query: "x", k: 51 }, "k"],
    [{ query: "x", k: 1.5 }, "k"],
    [{ query: "x", mode: "fuzzy" }, "mode"],
    [{ query: "x", document_ids: [] }, "document_ids"],
    [{ query: "x", document_ids: ["12"] }, "document_ids.0"],
  ])("asked as %j is a 422 about %s", async (json, path) => {
    const answer = await search(json);
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.details[0].path).toBe(path);
    expect(world.searched).toEqual([]);
  });

  test("is for signed-in users", async () => {
    expect((await search({ query: "x" }, null)).status).toBe(401);
    expect(world.embedded).toEqual([]);
  });
});

describe("while questions cannot be embedded", () => {
  const busy = new ProviderError("throttled", "OPENAI_RATE_LIMITED", "busy", {
    retryAfter: 7,
  });

  test("a hybrid search still finds words, and says so", async () => {
    embedderFails(busy);
    const answer = await search({ query: "yield" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ mode: "text", degraded: true });
    expect(world.searched[0]).toMatchObject({ embedding: null, mode: "text" });
    expect(world.lines.join()).toMatch(/search without vectors.*busy/);
  });

  test("a provider that does not answer is not waited for beyond 5 s", async () => {
    const time = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout");
    timeout.mockReturnValue(time.signal);
    world.embedder.embed = (_texts, signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        time.abort(new DOMException("too late", "TimeoutError"));
      });
    const answer = await search({ query: "yield" });
    expect(timeout.mock.calls).toEqual([[5_000]]);
    expect(await answer.json()).toMatchObject({ mode: "text", degraded: true });
  });

  test("a vector search is a 503 with the time to wait", async () => {
    embedderFails(busy);
    const answer = await search({ query: "yield", mode: "vector" });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect((await answer.json()).error.code).toBe("search_unavailable");
    expect(world.searched).toEqual([]);
  });

  test("a defect is not taken for an outage", async () => {
    embedderFails(new TypeError("undefined is not a function"));
    expect((await search({ query: "yield" })).status).toBe(500);
  });
});

describe("what a question costs", () => {
  test("is put down once, for whoever asked", async () => {
    await search({ query: "yield" });
    await search({ query: "yield", mode: "text" });
    expect(world.charged).toEqual([`${USER} text-embedding-3-small 1`]);
  });

  test("is put down also if the answer cannot be used", async () => {
    world.embedder.embed = (_texts, _signal, onBilled) => {
      onBilled?.(5);
      return Promise.reject(
        new ProviderError("transient", "OPENAI_BAD_VECTOR", "all zeros"),
      );
    };
    expect((await search({ query: "yield" })).status).toBe(200);
    expect(world.charged).toEqual([`${USER} text-embedding-3-small 5`]);
  });

  test("is not spent when the budget is: words are found, and vectors refused", async () => {
    world.queries.mayEmbedQuestion = () => Promise.resolve(false);
    const answer = await search({ query: "yield" });
    expect(await answer.json()).toMatchObject({ mode: "text", degraded: true });
    const refused = await search({ query: "yield", mode: "vector" });
    expect(refused.status).toBe(402);
    expect((await refused.json()).error.code).toBe("monthly_budget_spent");
    expect([world.embedded, world.charged]).toEqual([[], []]);
  });
});
