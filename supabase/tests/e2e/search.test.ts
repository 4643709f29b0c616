import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/src/index.ts";
import { SEARCH_LANGUAGES } from "../../functions/api/routes/search_request.ts";
import { call, connect, createUser, openai, upload, type User, waitFor } from "./harness.ts";
import { useFileTypes, useIdleStack } from "./hooks.ts";

const REPAIRS = `## Repairs

Report damage to the workshop under the code BX-4471/9. The workshop repairs oars on Fridays.
`;
const STATUTES = `# Statutes of the rowing club

## Meetings

The general meeting has a quorum of twenty members. Without a quorum it is called again within a month.

## Membership

Whoever rows may become a member. The membership fee is ninety crowns a year, and students row for half of it.

## Boats

A boat is booked on the list in the boathouse. 🚣 The keys hang behind the door, and the coxswain signs for them.

${REPAIRS}`;
const NOTICE = `# Notice

## Regatta

The regatta begins at the bridge. Members bring their boats the evening before.

${REPAIRS}`;

const sql = useIdleStack();
useFileTypes(sql, ["pdf", "md"]);
let user: User;
let statutes: string;
let notice: string;

beforeAll(async () => {
  user = await createUser();
  statutes = await send("statutes.md", STATUTES);
  notice = await send("notice.md", NOTICE);
});
afterEach(() => openai.reset());

async function send(filename: string, markdown: string): Promise<string> {
  const bytes = new TextEncoder().encode(markdown);
  const mime = "text/markdown";
  const { document_id } = await upload(user, bytes, { filename, mime });
  await waitFor(user, document_id, ["complete"]);
  return document_id;
}

async function search(query: string, options: Record<string, unknown> = {}) {
  const { status, body } = await call("/api/search", {
    method: "POST",
    user,
    json: { query, ...options },
  });
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

interface Hit {
  chunk_id: string;
  document_id: string;
  heading_path: string[];
  content: string;
  score: number;
  chunk_ord: number;
  highlights: { start: number; end: number }[];
  neighbours: { chunk_ord: number; content: string }[];
}

const headings = (results: Hit[]) => results.map(({ heading_path }) => heading_path.at(-1));
const marked = ({ content, highlights }: Hit) => highlights.map(({ start, end }) => content.slice(start, end));

/** Makes the provider fail every question. */
const questionsFail = () =>
  openai.faults({
    next_responses: [{ route: "embeddings", status: 500, count: 50 }],
  });

describe("a question", () => {
  it.each(["hybrid", "text", "vector"])(
    "finds an exact phrase in mode %s",
    async (mode) => {
      const { results } = await search('"quorum of twenty"', { mode });
      expect(headings(results)).toEqual(["Meetings"]);
      expect((await search('"twenty of quorum"', { mode })).results)
        .toEqual([]);
    },
  );

  it.each(["hybrid", "text"])(
    "excludes passages with an excluded word in mode %s",
    async (mode) => {
      expect(headings((await search("members", { mode })).results))
        .toContain("Membership");
      const { results } = await search("members -students", { mode });
      expect(results.length).toBeGreaterThan(0);
      expect(headings(results)).not.toContain("Membership");
    },
  );

  it("finds words that begin with its last word", async () => {
    const { results } = await search("coxsw", { mode: "text" });
    expect(headings(results)).toEqual(["Boats"]);
    expect(marked(results[0])).toEqual(["coxswain"]);
  });

  it("finds a code, and highlights it as one", async () => {
    const { results } = await search("BX-4471/9");
    expect(headings(results)[0]).toBe("Repairs");
    expect(marked(results[0])).toEqual(["BX-4471/9"]);
  });

  it("is corrected when misspelt, and reports the correction", async () => {
    const { results, notices } = await search("qourum", { mode: "text" });
    expect(headings(results)).toEqual(["Meetings"]);
    expect(notices).toMatchObject([
      { code: "SPELLING_CORRECTED", word: "qourum", taken_for: "quorum" },
    ]);
  });

  it("has its words highlighted at their position, also after an emoji", async () => {
    const { results } = await search("coxswain's keys in the boathouse", {
      mode: "text",
    });
    expect(headings(results)[0]).toBe("Boats");
    expect(marked(results[0])).toEqual(["boathouse", "keys", "coxswain"]);
  });

  it("without meaning finds only low scores", async () => {
    const query = "xylophone zeppelins quietly";
    const { results } = await search(query);
    for (const { score } of results) expect(score).toBeLessThan(0.3);
    expect((await search(query, { min_score: 0.3 })).results).toEqual([]);
    expect((await search(query, { min_similarity: 0.5 })).results).toEqual([]);
    const [best] = (await search("quorum of the general meeting", {
      min_score: 0.3,
    })).results;
    expect(best.heading_path.at(-1)).toBe("Meetings");
  });
});

describe("an answer", () => {
  it("includes each passage's neighbours", async () => {
    const { results: [hit] } = await search("membership fee", { expand: 1 });
    expect(hit.heading_path.at(-1)).toBe("Membership");
    expect(hit.neighbours.map((one: Hit) => one.content)).toEqual([
      expect.stringContaining("quorum of twenty"),
      expect.stringContaining("🚣"),
    ]);
    const { results: [without] } = await search("membership fee");
    expect(without).not.toHaveProperty("neighbours");
  });

  it("respects the maximum per document", async () => {
    const query = "boats and members";
    const documents = async (options: Record<string, unknown>) =>
      (await search(query, { k: 50, ...options })).results.map((
        { document_id }: Hit,
      ) => document_id);
    expect((await documents({})).length).toBeGreaterThan(2);
    expect((await documents({ max_per_document: 1 })).toSorted())
      .toEqual([statutes, notice].toSorted());
  });

  it("groups a passage that two documents share", async () => {
    const { results } = await search("repairs of oars", { mode: "text" });
    expect(headings(results)).toEqual(["Repairs"]);
    const [{ document_id, duplicates }] = results;
    expect([document_id, duplicates[0].document_id].toSorted())
      .toEqual([statutes, notice].toSorted());
    expect(duplicates).toHaveLength(1);
    // A search in one of the documents finds no duplicate.
    const [alone] = (await search("repairs of oars", {
      mode: "text",
      document_ids: [notice],
    })).results;
    expect(alone.document_id).toBe(notice);
    expect(alone).not.toHaveProperty("duplicates");
  });

  it.each([["hybrid", 1], ["hybrid", 2], ["text", 1], ["vector", 3]])(
    "is paged without gaps or repetitions in mode %s by %i",
    async (mode, k) => {
      const query = "members, boats, oars and the fee";
      const whole = await search(query, { mode, k: 50 });
      expect(whole.results.length).toBeGreaterThan(k);
      expect(whole.next_cursor).toBeNull();
      const found: Hit[] = [];
      let cursor: string | undefined;
      do {
        const page = await search(query, { mode, k, cursor });
        expect(page.results.length).toBeLessThanOrEqual(k);
        found.push(...page.results);
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      expect(found.map(({ chunk_id }) => chunk_id))
        .toEqual(whole.results.map(({ chunk_id }: Hit) => chunk_id));
      expect(found.map(({ score }) => score))
        .toEqual(whole.results.map(({ score }: Hit) => score));
    },
  );

  it("is read completely by the client", async () => {
    const query = "members, boats, oars and the fee";
    const found = [];
    const client = createPipelineClient(user.client);
    for await (const { chunk_id } of client.passages(query, { k: 2 })) {
      found.push(chunk_id);
    }
    const whole = await search(query, { k: 50 });
    expect(found).toEqual(whole.results.map(({ chunk_id }: Hit) => chunk_id));
  });

  it("explains each passage's score", async () => {
    const { results: [{ explanation }] } = await search("quorum -regatta", {
      explain: true,
    });
    expect(explanation.words.terms).toMatchObject([
      { word: "quorum", role: "wanted", found: "exactly" },
      { word: "regatta", role: "excluded", found: "no" },
    ]);
    expect(explanation.meaning.similarity).toBeGreaterThan(0);
  });

  it("explains why a chunk is missing", async () => {
    const { results: [membership] } = await search("students row for half");
    const { results, explained } = await search("coxswain", {
      mode: "text",
      explain: membership.chunk_id,
    });
    expect(headings(results)).toEqual(["Boats"]);
    expect(explained).toMatchObject({
      chunk_id: membership.chunk_id,
      found: false,
      reason: "NO_WORD_FOUND",
    });
    const unknown = crypto.randomUUID();
    expect((await search("coxswain", { explain: unknown })).explained)
      .toMatchObject({ chunk_id: unknown, found: false });
  });
});

describe("a question's vector", () => {
  const charged = async () => {
    const [{ tokens }] = await sql`
      select coalesce(sum(quantity), 0)::int as tokens from pipeline_internal.charges
      where user_id = ${user.id} and purpose = 'search'`;
    return tokens;
  };

  it("is paid for once, regardless of spelling variants", async () => {
    await search("Who signs for the ﬁrst boat?");
    expect(await openai.count("embeddings")).toBe(1);
    const paid = await charged();
    await search(" Who  signs for the first\tboat? ");
    await search("Who signs for the first boat?", { mode: "vector" });
    expect(await openai.count("embeddings")).toBe(1);
    expect(await charged()).toBe(paid);
  });

  it("suffices when the provider fails and the budget is spent", async () => {
    const query = "Who may become a member of the club?";
    const before = await search(query);
    await questionsFail();
    await sql`
      insert into pipeline_internal.user_budgets (user_id, monthly_cents) values (${user.id}, 0)`;
    try {
      const after = await search(query);
      expect(after).not.toHaveProperty("degraded");
      expect({ ...after, took_ms: 0 }).toEqual({ ...before, took_ms: 0 });
    } finally {
      await sql`delete from pipeline_internal.user_budgets where user_id = ${user.id}`;
    }
  });

  it("is stored without the question, for one user only", async () => {
    const query = "Where do the keys hang at night?";
    await search(query);
    const rows = await sql`
      select q::text as row from pipeline_internal.question_vectors q where user_id = ${user.id}`;
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).not.toMatch(/keys|hang|night/i);
    const other = await createUser();
    const asked = await openai.count("embeddings");
    await call("/api/search", { method: "POST", user: other, json: { query } });
    expect(await openai.count("embeddings")).toBe(asked + 1);
  });

  it("is limited in number under concurrent searches", async () => {
    const asker = await createUser();
    const pools = [connect(), connect(), connect()];
    try {
      await Promise.all(
        Array.from({ length: 260 }, (_, n) =>
          pools[n % pools.length]`
            select pipeline_internal.store_question_vector(
              ${asker.id}, 'model', ${String(n).padStart(64, "0")},
              (select array_agg(1 + i % 7) from generate_series(1, 1536) i)::extensions.vector)`),
      );
      const [{ count }] = await sql`
        select count(*)::int from pipeline_internal.question_vectors where user_id = ${asker.id}`;
      expect(count).toBe(200);
    } finally {
      await Promise.all(pools.map((pool) => pool.end()));
    }
  });
});

describe("a question that cannot be embedded", () => {
  it("finds words, and reports the options that need meaning as not applied", async () => {
    await questionsFail();
    const answer = await search("the quorum of the meeting in spring", {
      min_similarity: 0.9,
      weights: { words: 0, meaning: 1 },
    });
    expect(answer).toMatchObject({ mode: "text", degraded: true });
    expect(headings(answer.results)).toContain("Meetings");
    expect(answer.notices.map(({ code }: { code: string }) => code))
      .toEqual(expect.arrayContaining([
        "MIN_SIMILARITY_NOT_APPLIED",
        "WEIGHTS_NOT_APPLIED",
      ]));
  });

  it("keeps the answer's later pages in text mode after the provider recovers", async () => {
    const query = "members and boats and oars and keys";
    await questionsFail();
    const first = await search(query, { k: 1 });
    expect(first).toMatchObject({ mode: "text", degraded: true });
    await openai.reset();
    const second = await search(query, { k: 1, cursor: first.next_cursor });
    expect(second).toMatchObject({ mode: "text", degraded: true });
    expect(second.results[0].chunk_id).not.toBe(first.results[0].chunk_id);
  });
});

it("a search that takes too long returns 503", { retry: 0 }, async () => {
  await sql.begin(async (tx) => {
    await tx`lock table upload_pipeline.document_chunks in access exclusive mode`;
    const started = performance.now();
    const { status, headers, body } = await call("/api/search", {
      method: "POST",
      user,
      json: { query: "quorum", mode: "text" },
    });
    expect([status, body.error?.code]).toEqual([503, "search_timeout"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(performance.now() - started).toBeGreaterThan(4_000);
  });
  expect(headings((await search("quorum", { mode: "text" })).results))
    .toEqual(["Meetings"]);
});

it("20 concurrent endless texts to the Data API delay no other request", async () => {
  const text = Array.from({ length: 20_000 }, (_, n) => `word${n}`).join(" ");
  const started = performance.now();
  const asked = Array.from(
    { length: 20 },
    () =>
      user.client.schema("upload_pipeline")
        .rpc("search_chunks", { query_text: text, mode: "text" }),
  );
  const health = call("/api/health");
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ error }) => error?.code)))
    .toEqual(new Set(["22023"]));
  expect((await health).status).toBe(200);
  expect(performance.now() - started).toBeLessThan(5_000);
});

it("search languages include every language with a stemmer", async () => {
  const stemmed = await sql`
    select chr(97 + a) || chr(97 + b) as code from generate_series(0, 25) a, generate_series(0, 25) b
    where pipeline_words.config(chr(97 + a) || chr(97 + b)) <> 'simple'::regconfig`;
  expect(stemmed.length).toBeGreaterThan(20);
  expect(SEARCH_LANGUAGES)
    .toEqual(expect.arrayContaining(stemmed.map(({ code }) => code)));
});
