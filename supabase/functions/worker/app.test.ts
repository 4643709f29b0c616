import { describe, expect, it } from "vitest";
import { createLogger } from "../_shared/log.ts";
import type { Leases } from "../_pipeline/leases.ts";
import { done, type Stage, STAGES } from "../_pipeline/stage.ts";
import { createWorker } from "./app.ts";

const secret = "a-secret-of-the-database";
const previous = "the-secret-before-that-one";

/** A worker whose queues are empty, unless it is told otherwise; notes which runs it began. */
function emptyWorker(beginRun?: Leases["beginRun"]) {
  const begun: [string, string][] = [];
  const background: Promise<unknown>[] = [];
  let tidied = 0;
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
        hasLeft: false,
        claimed: null,
      }),
  };
  const stages = Object.fromEntries(
    STAGES.map((name) => [name, { name, run: () => Promise.resolve(done()) }]),
  ) as unknown as Record<(typeof STAGES)[number], Stage>;
  const app = createWorker({
    stages,
    leases,
    tidy: () => {
      tidied++;
      return Promise.resolve({ files: 3, parses: 0 });
    },
    notify: () => {
      notified++;
      return Promise.resolve({ delivered: 2, failed: 1 });
    },
    secrets: [secret, previous],
    budgetMs: 1_000,
    waitUntil: (work) => background.push(work),
    shutdown: new AbortController().signal,
    logger: createLogger("worker", () => {}),
  });
  const post = (path: string, bearer?: string) =>
    app.request(path, {
      method: "POST",
      headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
    });
  return {
    post,
    begun,
    background,
    tidied: () => tidied,
    notified: () => notified,
  };
}

describe("the worker", () => {
  it("answers when the run has begun, and works the stage behind the answer", async () => {
    const { post, begun, background } = emptyWorker();
    const runId = crypto.randomUUID();
    const answer = await post(`/worker/chunk?run_id=${runId}`, secret);
    expect(answer.status).toBe(202);
    expect(begun).toEqual([["chunk", runId]]);
    expect(await answer.json()).toEqual({
      run_id: runId,
      stage: "chunk",
      admitted: true,
    });
    await Promise.all(background);
  });

  it("says so if the stage has enough invocations", async () => {
    const { post } = emptyWorker(() => Promise.resolve(null));
    const answer = await post("/worker/chunk", secret);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ admitted: false });
  });

  it("says so if the database cannot be asked, and leaves nothing behind", async () => {
    const { post, background } = emptyWorker(() =>
      Promise.reject(
        Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
      )
    );
    const answer = await post("/worker/chunk", secret);
    expect(answer.status).toBe(503);
    expect((await answer.json()).error.code).toBe("database_unavailable");
    await Promise.all(background);
  });

  it("takes the secret before the present one too, while both are valid", async () => {
    const { post, background, tidied } = emptyWorker();
    expect((await post("/worker/tidy", previous)).status).toBe(202);
    await Promise.all(background);
    expect(tidied()).toBe(1);
  });

  it.each([
    ["nobody", undefined],
    ["both secrets at once", `${secret},${previous}`],
    ["a wrong secret", "another-secret"],
    ["a part of the secret", secret.slice(0, -1)],
  ])("turns %s away from every route", async (_who, bearer) => {
    const { post, begun, tidied, notified } = emptyWorker();
    for (
      const path of [
        "/worker/parse",
        "/worker/tidy",
        "/worker/notify",
        "/worker/none",
      ]
    ) {
      const answer = await post(path, bearer);
      expect([path, answer.status]).toEqual([path, 401]);
    }
    expect([begun, tidied(), notified()]).toEqual([[], 0, 0]);
  });

  it("names the stages to who asks for another, and refuses a run id that is none", async () => {
    const { post } = emptyWorker();
    const unknown = await post("/worker/print", secret);
    expect(unknown.status).toBe(404);
    expect((await unknown.json()).error.message).toContain(
      "parse, collect, chunk, embed",
    );
    const malformed = await post("/worker/parse?run_id=1", secret);
    expect(malformed.status).toBe(422);
  });

  it("tidies up on demand", async () => {
    const { post, background, tidied } = emptyWorker();
    const answer = await post("/worker/tidy", secret);
    expect(answer.status).toBe(202);
    await Promise.all(background);
    expect(tidied()).toBe(1);
  });

  it("tells others on demand", async () => {
    const { post, background, notified } = emptyWorker();
    const answer = await post("/worker/notify", secret);
    expect(answer.status).toBe(202);
    await Promise.all(background);
    expect(notified()).toBe(1);
  });
});
