import { describe, expect, it } from "vitest";
import type { Leases } from "../_engine/leases.ts";
import { done, type Stage } from "../_engine/stage.ts";
import { createLogger } from "../_shared/log.ts";
import { STAGES } from "../_stages/index.ts";
import { createIsolatedWorker, createWorker } from "./app.ts";
import { wakeToken } from "./wake_token.ts";

const secret = "a-secret-of-the-database";
const previous = "the-secret-before-that-one";

/** A worker whose queues are empty by default; it records the runs that it began. */
function emptyWorker(beginRun?: Leases["beginRun"], isIsolated = false) {
  const begun: [string, string][] = [];
  const background: Promise<unknown>[] = [];
  let cleaned = 0;
  let notified = 0;
  const leases: Leases = {
    beginRun: beginRun ?? ((stage, runId) => {
      begun.push([stage, runId]);
      const terms = { slots: 1, leaseSeconds: 60 };
      return Promise.resolve({ stage, runId, terms, jobs: [] });
    }),
    endRun: () => Promise.resolve(true),
    claim: () => Promise.resolve([]),
    extend: () => Promise.resolve(new Set()),
    settle: () =>
      Promise.resolve({
        messageIds: new Set(),
        next: null,
        runEnded: false,
        claimed: null,
      }),
  };
  const stages = Object.fromEntries(
    STAGES.map((name) => [name, { name, run: () => Promise.resolve(done()) }]),
  ) as unknown as Record<(typeof STAGES)[number], Stage>;
  const deps = {
    stages,
    leases,
    secrets: [secret, previous],
    budgetMs: 1_000,
    waitUntil: (work: Promise<unknown>) => background.push(work),
    shutdown: new AbortController().signal,
    logger: createLogger("worker", () => {}),
  };
  const app = isIsolated ? createIsolatedWorker(deps) : createWorker({
    ...deps,
    cleanup: () => {
      cleaned++;
      return Promise.resolve({ files: 3, parses: 0 });
    },
    notify: () => {
      notified++;
      return Promise.resolve({ delivered: 2, failed: 1 });
    },
  });
  const send = (path: string, bearer?: string) =>
    app.request(`/${isIsolated ? "isolation" : "worker"}/${path}`, {
      method: "POST",
      headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
    });
  /** As the database does. */
  const post = (path: string) => send(path, wakeToken(secret, isIsolated ? `isolation/${path}` : path));
  return {
    post,
    send,
    begun,
    background,
    cleaned: () => cleaned,
    notified: () => notified,
  };
}

const runId = crypto.randomUUID();
const RUN = `chunk?run_id=${runId}`;

describe("the worker", () => {
  it("answers before it queries the database, and runs the stage afterwards", async () => {
    const database = Promise.withResolvers<void>();
    const asked: [string, string][] = [];
    const { post, background } = emptyWorker(async (stage, runId) => {
      asked.push([stage, runId]);
      await database.promise;
      return null;
    });
    expect((await post(RUN)).status).toBe(202);
    expect(asked).toEqual([["chunk", runId]]);
    database.resolve();
    await Promise.all(background);
  });

  it("rejects no promise when the database is unavailable", async () => {
    const { post, background } = emptyWorker(() =>
      Promise.reject(
        Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
      )
    );
    expect((await post(RUN)).status).toBe(202);
    await Promise.all(background);
  });

  it("accepts the previous secret during a rotation", async () => {
    const { send, background, cleaned } = emptyWorker();
    expect((await send("cleanup", wakeToken(previous, "cleanup"))).status).toBe(
      202,
    );
    await Promise.all(background);
    expect(cleaned()).toBe(1);
  });

  const inAMinute = Math.floor(Date.now() / 1000) + 60;
  it.each<[string, (path: string) => string | undefined]>([
    ["no one", () => undefined],
    ["the secret itself", () => secret],
    ["a token that another secret signed", (path) => wakeToken("other", path)],
    ["a token for another call", (path) => wakeToken(secret, `${path}s`)],
    [
      "a token of the route for this query",
      (path) => wakeToken(secret, path.split("?")[0] + "?run_id=1"),
    ],
    [
      "a token with a changed time",
      (path) =>
        wakeToken(secret, path, inAMinute)
          .replace(String(inAMinute), String(inAMinute + 1)),
    ],
    [
      "a token that has expired",
      (path) => wakeToken(secret, path, inAMinute - 61),
    ],
    ["a token cut short", (path) => wakeToken(secret, path).slice(0, -1)],
    ["a signature alone", (path) => wakeToken(secret, path).split(".")[1]],
  ])("answers 401 on every route to %s", async (_who, bearer) => {
    const { send, begun, cleaned, notified } = emptyWorker();
    for (const path of [RUN, "cleanup", "notify", "none"]) {
      const answer = await send(path, bearer(path));
      expect([path, answer.status]).toEqual([path, 401]);
    }
    expect([begun, cleaned(), notified()]).toEqual([[], 0, 0]);
  });

  it("says that a token has expired, so that differing clocks are found", async () => {
    const { send } = emptyWorker();
    const answer = await send(
      "cleanup",
      wakeToken(secret, "cleanup", 1_700_000_000),
    );
    expect((await answer.json()).error.message).toContain("clocks");
  });

  it("names the stages when the stage is unknown, and answers 422 when the run id is malformed", async () => {
    const { post } = emptyWorker();
    const unknown = await post("print");
    expect(unknown.status).toBe(404);
    expect((await unknown.json()).error.message).toContain(
      "parse, fetch_result, chunk, embed",
    );
    for (const query of ["", "?run_id=1"]) {
      expect((await post(`parse${query}`)).status).toBe(422);
    }
  });

  it("cleans up when called", async () => {
    const { post, background, cleaned } = emptyWorker();
    expect((await post("cleanup")).status).toBe(202);
    await Promise.all(background);
    expect(cleaned()).toBe(1);
  });

  it("sends notifications when called", async () => {
    const { post, background, notified } = emptyWorker();
    expect((await post("notify")).status).toBe(202);
    await Promise.all(background);
    expect(notified()).toBe(1);
  });
});

describe("the isolated worker", () => {
  it("runs a stage after the response, and has no other route", async () => {
    const { post, begun, background } = emptyWorker(undefined, true);
    expect((await post(RUN)).status).toBe(202);
    expect(begun).toEqual([["chunk", runId]]);
    await Promise.all(background);
    for (const path of ["cleanup", "notify"]) {
      expect([path, (await post(path)).status]).toEqual([path, 404]);
    }
  });

  it("answers 401 without a token and for the worker's tokens", async () => {
    const { send, begun } = emptyWorker(undefined, true);
    for (const bearer of [undefined, secret, wakeToken(secret, RUN)]) {
      expect((await send(RUN, bearer)).status).toBe(401);
    }
    expect(begun).toEqual([]);
  });
});
