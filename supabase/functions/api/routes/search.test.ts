import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CODES as DETECTED } from "../../_chunker/language.ts";
import { ProviderError } from "../../_shared/errors.ts";
import type { FoundChunk } from "../queries.ts";
import { DOCUMENT, FakeWorld, OTHER_USER, USER } from "../testing/fakes.ts";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

afterEach(() => vi.restoreAllMocks());

const search = (json: unknown, user?: string | null) => world.request("/api/search", { json, user });

function embedderFails(error: Error) {
  world.embedder.embed = () => Promise.reject(error);
}

/** The defaults of all fields but the question. */
const SEARCH = {
  embedding: "[1,0,0]",
  text: "What was the yield?",
  count: 8,
  documentIds: null,
  mode: "hybrid",
  minScore: null,
  minSimilarity: null,
  expand: 0,
  maxPerDocument: null,
  weights: { words: null, meaning: null },
  language: null,
  after: null,
  explain: false,
  explainChunkId: null,
};
const CHUNK = "e4e1a71a-5fe1-5da7-bfe7-f30bb77c8d65";
const PASSAGE: FoundChunk = {
  chunk_id: CHUNK,
  document_id: DOCUMENT,
  filename: "report.pdf",
  page: 2,
  page_from: 1,
  page_to: 2,
  heading_path: ["Results", "Yield"],
  content: "The yield was 4 %.",
  highlights: [{ start: 4, end: 9 }],
  score: 0.7,
  similarity: 0.61,
  text_score: 0.8,
  vector_rank: 1,
  text_rank: 2,
  chunk_ord: 3,
};

/** The database, which fails as the test says. */
function databaseFails(code: string, message: string) {
  world.queries.searchChunks = () =>
    Promise.reject(
      Object.assign(new Error(message), { name: "PostgresError", code }),
    );
}

describe("a search", () => {
  test("embeds the question and answers the ranked passages", async () => {
    const notices = [{
      code: "SPELLING_CORRECTED" as const,
      message: "Searched for yield instead of yeild.",
      word: "yeild",
      taken_for: "yield",
    }];
    world.found = {
      results: [PASSAGE],
      next: null,
      notices,
      explained: null,
    };
    const answer = await search({ query: " What was the yield? ", k: 3 });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      query: "What was the yield?",
      mode: "hybrid",
      results: [PASSAGE],
      next_cursor: null,
      notices,
      took_ms: expect.any(Number),
    });
    expect(world.embedded).toEqual([["What was the yield?"]]);
    expect(world.searched).toEqual([{ ...SEARCH, count: 3 }]);
  });

  test("passes each of its fields to the database", async () => {
    await search({
      query: "What was the yield?",
      k: 3,
      document_ids: [DOCUMENT],
      min_score: 0.3,
      min_similarity: 0.2,
      expand: 2,
      max_per_document: 4,
      weights: { words: 0, meaning: 1 },
      language: "de",
      explain: true,
    });
    await search({ query: "What was the yield?", weights: { words: 0.5 } });
    expect(world.searched).toEqual([{
      ...SEARCH,
      count: 3,
      documentIds: [DOCUMENT],
      minScore: 0.3,
      minSimilarity: 0.2,
      expand: 2,
      maxPerDocument: 4,
      weights: { words: 0, meaning: 1 },
      language: "de",
      explain: true,
    }, { ...SEARCH, weights: { words: 0.5, meaning: null } }]);
  });

  test("explains why a chunk is not found", async () => {
    const explained = {
      chunk_id: CHUNK,
      found: false,
      reason: "NO_WORD_FOUND" as const,
      message: "It contains none of the words.",
    };
    world.found = { ...world.found, explained };
    const answer = await search({ query: "x", explain: CHUNK });
    expect(await answer.json()).toMatchObject({ explained });
    expect(world.searched[0])
      .toMatchObject({ explain: false, explainChunkId: CHUNK });
  });

  test("finds 8 passages by default", async () => {
    await search({ query: "x" });
    expect(world.searched[0].count).toBe(8);
  });

  test("searches only the documents that it names", async () => {
    await search({ query: "x", document_ids: [DOCUMENT] });
    expect(world.searched[0].documentIds).toEqual([DOCUMENT]);
  });

  test("embeds nothing in mode text", async () => {
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
    [{ query: "x", min_score: -0.1 }, "min_score"],
    [{ query: "x", min_score: 1.1 }, "min_score"],
    [{ query: "x", min_score: "0.5" }, "min_score"],
    [{ query: "x", min_similarity: -1.1 }, "min_similarity"],
    [{ query: "x", min_similarity: 1.1 }, "min_similarity"],
    [{ query: "x", mode: "text", min_similarity: 0.5 }, "min_similarity"],
    [{ query: "x", expand: 3 }, "expand"],
    [{ query: "x", expand: -1 }, "expand"],
    [{ query: "x", max_per_document: 0 }, "max_per_document"],
    [{ query: "x", max_per_document: 51 }, "max_per_document"],
    [{ query: "x", weights: { words: 1.1 } }, "weights.words"],
    [{ query: "x", weights: { meaning: -1 } }, "weights.meaning"],
    [{ query: "x", weights: { words: 0, meaning: 0 } }, "weights"],
    [{ query: "x", weights: { word: 1 } }, "weights.word"],
    [{ query: "x", weights: 0.5 }, "weights"],
    [{ query: "x", mode: "vector", weights: { words: 1 } }, "weights"],
    [{ query: "x", language: "xx" }, "language"],
    [{ query: "x", language: "english" }, "language"],
    [{ query: "x", explain: "yes" }, "explain"],
    [{ query: "x", cursor: "" }, "cursor"],
    [{ query: "x", cursor: "none" }, "cursor"],
    [{ query: "x", cursor: 7 }, "cursor"],
  ])("with %j answers 422 about %s", async (json, path) => {
    const answer = await search(json);
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.details[0].path).toBe(path);
    expect([world.embedded, world.searched]).toEqual([[], []]);
  });

  test("names every invalid field", async () => {
    const { error } = await (await search({
      query: "",
      k: 0,
      expand: 9,
      weights: { words: 2 },
      language: "xx",
    })).json();
    expect(error.details.map(({ path }: { path: string }) => path)).toEqual([
      "query",
      "k",
      "expand",
      "weights.words",
      "language",
    ]);
  });

  test("names the known languages when the language is unknown", async () => {
    const { error } = await (await search({ query: "x", language: "xx" }))
      .json();
    for (const code of Object.values(DETECTED)) {
      expect(error.message).toContain(`\`${code}\``);
    }
  });

  test("answers 503 with Retry-After when it times out", async () => {
    databaseFails("57014", "canceling statement due to statement timeout");
    const answer = await search({ query: "x" });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("10");
    expect((await answer.json()).error.code).toBe("search_timeout");
  });

  test("answers 422 when the database refuses an argument", async () => {
    databaseFails("22023", "too many words");
    const answer = await search({ query: "x" });
    expect(answer.status).toBe(422);
    expect((await answer.json()).error).toMatchObject({
      code: "validation_failed",
      message: "too many words",
    });
  });

  test("requires a signed-in user", async () => {
    expect((await search({ query: "x" }, null)).status).toBe(401);
    expect(world.embedded).toEqual([]);
  });
});

describe("when questions cannot be embedded", () => {
  const busy = new ProviderError("throttled", "OPENAI_RATE_LIMITED", {
    message: "busy",
    retryAfter: 7,
  });

  test("a hybrid search compares words only, and is marked as degraded", async () => {
    embedderFails(busy);
    const answer = await search({ query: "yield" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ mode: "text", degraded: true });
    expect(world.searched[0]).toMatchObject({ embedding: null, mode: "text" });
    expect(world.lines.join()).toMatch(/search without vectors.*busy/);
  });

  test("a search waits at most 5 s for the provider", async () => {
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

  test("a vector search answers 503 with Retry-After", async () => {
    embedderFails(busy);
    const answer = await search({ query: "yield", mode: "vector" });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect((await answer.json()).error.code).toBe("search_unavailable");
    expect(world.searched).toEqual([]);
  });

  test("a defect does not count as an outage", async () => {
    embedderFails(new TypeError("undefined is not a function"));
    expect((await search({ query: "yield" })).status).toBe(500);
  });
});

describe("options that compare meaning, when only words can be compared", () => {
  test("are dropped, and named in a notice", async () => {
    embedderFails(
      new ProviderError("transient", "OPENAI_TIMEOUT", { message: "late" }),
    );
    const answer = await search({
      query: "yield",
      min_score: 0.1,
      min_similarity: 0.5,
      weights: { meaning: 0.7 },
    });
    const { mode, notices } = await answer.json();
    expect([mode, notices.map(({ code }: { code: string }) => code)]).toEqual([
      "text",
      ["MIN_SIMILARITY_NOT_APPLIED", "WEIGHTS_NOT_APPLIED"],
    ]);
    expect(world.searched[0]).toMatchObject({
      minScore: 0.1,
      minSimilarity: null,
      weights: { words: null, meaning: null },
    });
  });
});

describe("a repeated question", () => {
  test("costs nothing, in any spacing and Unicode form", async () => {
    await search({ query: "Where is the cafe\u0301?" });
    await search({ query: "Where is  the\u00a0\n caf\u00e9?" });
    expect(world.embedded).toEqual([["Where is the caf\u00e9?"]]);
    expect(world.charged).toHaveLength(1);
    expect(world.searched.map(({ embedding }) => embedding))
      .toEqual(["[1,0,0]", "[1,0,0]"]);
  });

  test("is searched with its vector when the provider fails", async () => {
    await search({ query: "yield" });
    embedderFails(
      new ProviderError("exhausted", "OPENAI_OUT_OF_CREDIT", {
        message: "none",
      }),
    );
    for (const mode of ["hybrid", "vector"]) {
      const answer = await search({ query: "yield", mode });
      expect([answer.status, await answer.json()])
        .toEqual([200, expect.objectContaining({ mode })]);
    }
    expect(world.searched.at(-1)).toMatchObject({ embedding: "[1,0,0]" });
  });

  test("is searched with its vector when the budget is spent", async () => {
    await search({ query: "yield" });
    world.queries.mayEmbedQuestion = () => Promise.resolve(false);
    const answer = await search({ query: "yield" });
    expect(await answer.json()).not.toHaveProperty("degraded");
  });

  test("of another user is a new one", async () => {
    await search({ query: "yield" }, OTHER_USER);
    await search({ query: "yield" });
    expect(world.embedded).toHaveLength(2);
  });

  test("compares with the stored vector, the first time too", async () => {
    world.queries.keepQuestionVector = () => Promise.resolve("[0.99,0,0]");
    await search({ query: "yield" });
    expect(world.searched[0].embedding).toBe("[0.99,0,0]");
  });
});

describe("the pages of a search", () => {
  const next = { score: 0.1 + 0.2, chunk_id: CHUNK };

  /** The first page's cursor. */
  async function cursorOf(json: Record<string, unknown>): Promise<string> {
    world.found = { ...world.found, next };
    return (await (await search(json)).json()).next_cursor;
  }
  const refusal = async (json: unknown, user?: string) => {
    const answer = await search(json, user);
    const { error } = await answer.json();
    return [answer.status, error?.code, error?.message];
  };
  const OTHERS = expect.stringContaining("continues another search");

  test("continue where the page before ended", async () => {
    const json = { query: "yield", k: 2, weights: { words: 0.3 } };
    const cursor = await cursorOf(json);
    expect(cursor).toMatch(/^[\w-]+$/);
    world.found = { ...world.found, next: null };
    const answer = await search({ ...json, cursor });
    expect(await answer.json())
      .toMatchObject({ mode: "hybrid", next_cursor: null });
    expect(world.searched.map(({ after }) => after)).toEqual([null, next]);
    expect(world.searched[1]).toEqual({ ...world.searched[0], after: next });
    expect(world.embedded).toHaveLength(1);
  });

  test.each([
    [{ query: "other" }],
    [{ k: 3 }],
    [{ mode: "vector" }],
    [{ document_ids: [DOCUMENT] }],
    [{ min_score: 0.5 }],
    [{ min_similarity: 0.5 }],
    [{ expand: 1 }],
    [{ max_per_document: 1 }],
    [{ weights: { words: 0.5 } }],
    [{ language: "de" }],
    [{ explain: true }],
  ])(
    "belong to one request: the cursor answers 422 with %j",
    async (changed) => {
      const json = { query: "yield", k: 2 };
      const cursor = await cursorOf(json);
      expect(await refusal({ ...json, ...changed, cursor }))
        .toEqual([422, "invalid_cursor", OTHERS]);
      expect(world.searched).toHaveLength(1);
    },
  );

  test("belong to one user: another user's cursor is like one of another search", async () => {
    const cursor = await cursorOf({ query: "yield" });
    expect(await refusal({ query: "yield", cursor }, OTHER_USER))
      .toEqual([422, "invalid_cursor", OTHERS]);
  });

  test.each(["none", "bm9uZQ", "W10", "e30", "x".repeat(500)])(
    "refuse the cursor %s",
    async (cursor) => {
      expect(await refusal({ query: "yield", cursor })).toEqual([
        422,
        "invalid_cursor",
        expect.stringContaining("is not a cursor of a search"),
      ]);
    },
  );

  test("that began with words only continue with words only", async () => {
    const embed = world.embedder.embed;
    embedderFails(
      new ProviderError("throttled", "OPENAI_RATE_LIMITED", {
        message: "busy",
      }),
    );
    const cursor = await cursorOf({ query: "yield" });
    world.embedder.embed = embed;
    const answer = await search({ query: "yield", cursor });
    expect(await answer.json()).toMatchObject({ mode: "text", degraded: true });
    expect(world.searched[1]).toMatchObject({ mode: "text", after: next });
  });

  test("that began with meaning do not continue without it", async () => {
    const cursor = await cursorOf({ query: "yield" });
    world.questionVectors.clear();
    embedderFails(
      new ProviderError("throttled", "OPENAI_RATE_LIMITED", {
        message: "busy",
      }),
    );
    expect(await refusal({ query: "yield", cursor }))
      .toEqual([503, "search_unavailable", expect.any(String)]);
    world.queries.mayEmbedQuestion = () => Promise.resolve(false);
    expect(await refusal({ query: "yield", cursor }))
      .toEqual([402, "monthly_budget_spent", expect.any(String)]);
  });
});

describe("the cost of a question", () => {
  test("is recorded once, for the user who asked", async () => {
    await search({ query: "yield" });
    await search({ query: "yield", mode: "text" });
    expect(world.charged).toEqual([`${USER} text-embedding-3-small 1`]);
  });

  test("is recorded when the answer cannot be used", async () => {
    world.embedder.embed = (_texts, _signal, onBilled) => {
      onBilled?.(5);
      return Promise.reject(
        new ProviderError("transient", "OPENAI_BAD_VECTOR", {
          message: "all zeros",
        }),
      );
    };
    expect((await search({ query: "yield" })).status).toBe(200);
    expect(world.charged).toEqual([`${USER} text-embedding-3-small 5`]);
  });

  test("is not incurred when the budget is spent: words are compared, and a vector search is refused", async () => {
    world.queries.mayEmbedQuestion = () => Promise.resolve(false);
    const answer = await search({ query: "yield" });
    expect(await answer.json()).toMatchObject({ mode: "text", degraded: true });
    const refused = await search({ query: "yield", mode: "vector" });
    expect(refused.status).toBe(402);
    expect((await refused.json()).error.code).toBe("monthly_budget_spent");
    expect([world.embedded, world.charged]).toEqual([[], []]);
  });
});
