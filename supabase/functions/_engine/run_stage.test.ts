import { describe, expect, it } from "vitest";
import { ProviderError, StorageError } from "../_shared/errors.ts";
import { createLogger } from "../_shared/log.ts";
import { embedCharge, parseCharge } from "./charges.ts";
import type { BegunRun, Leases } from "./leases.ts";
import { type RunOptions, runStage as work } from "./run_stage.ts";
import { done, type Job, type Settlement, type Stage } from "./stage.ts";

/** A queue in memory that records the engine's calls; pgTAP tests the database's behaviour. */
function memoryQueue(ids: string[], terms = { slots: 2, leaseSeconds: 60 }) {
  const waiting = [...ids];
  const calls: string[] = [];
  const lostIds = new Set<string>();
  const record = (call: string) => {
    calls.push(call);
    return Promise.resolve(true);
  };
  const leases: Leases = {
    beginRun: (stage, runId) => {
      calls.push(`begin ${terms.slots}`);
      const jobs = waiting.splice(0, terms.slots).map(jobOf);
      return Promise.resolve({ stage, runId, terms, jobs });
    },
    endRun: (_stage, _run, end) =>
      waiting.length > 0 && end === "drained" ? Promise.resolve(false) : record(`end ${end}`),
    claim: (_stage, count) => {
      calls.push(`claim ${count}`);
      return Promise.resolve(waiting.splice(0, count).map(jobOf));
    },
    extend: (_stage, held) => {
      calls.push(`extend ${held.map((lease) => lease.messageId).join()}`);
      return Promise.resolve(
        new Set(
          held.map((lease) => lease.messageId).filter((id) => !lostIds.has(id)),
        ),
      );
    },
    settle: (_stage, settlements, continuation) => {
      const limit = continuation?.kind === "claim" ? continuation.limit : 0;
      calls.push(
        `settle ${settlements.length}` + (limit ? `, claim ${limit}` : ""),
      );
      for (const { lease, settlement } of settlements) {
        calls.push(`${lease.messageId} ${describeSettlement(settlement)}`);
      }
      const ids = settlements.map(({ lease }) => lease.messageId);
      return Promise.resolve({
        messageIds: new Set(ids.filter((id) => !lostIds.has(id))),
        next: null,
        runEnded: false,
        claimed: limit ? waiting.splice(0, limit).map(jobOf) : null,
      });
    },
  };
  return { leases, calls, lostIds, waiting };
}

function describeSettlement(settlement: Settlement): string {
  const { outcome } = settlement;
  const seconds = "afterSeconds" in settlement ? settlement.afterSeconds : "";
  const code = "code" in settlement ? settlement.code : "";
  const fault = "fault" in settlement ? settlement.fault : "";
  return [outcome, seconds, code, fault].filter((part) => part !== "" && part)
    .join(" ");
}

function jobOf(id: string): Job {
  return {
    lease: { stage: "chunk", messageId: id, readCount: 1 },
    jobId: `job-${id}`,
    documentId: "d",
    userId: "u",
    mime: "application/pdf",
    bytesLen: 1,
    sha256: "",
    rawPath: "",
    originalPath: "",
    isVerified: false,
    parsedPath: null,
    pageStarts: [],
    ocr: false,
    resume: null,
    attempt: 1,
    correlationId: null,
  };
}

function stageOf(run: Stage["run"]): Stage {
  return { name: "chunk", run };
}

function optionsFor(leases: Leases, rest = {}) {
  return {
    leases,
    log: createLogger("test", () => {}),
    deadline: Date.now() + 60_000,
    shutdown: new AbortController().signal,
    ...rest,
  };
}

async function runStage(stage: Stage, options: RunOptions) {
  const run = await options.leases.beginRun(stage.name, crypto.randomUUID());
  return await work(stage, run!, options);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("runStage", () => {
  it("works the queue until it is empty, never above its slots", async () => {
    const queue = memoryQueue(["1", "2", "3", "4", "5"]);
    let running = 0;
    let most = 0;
    const stage = stageOf(async () => {
      most = Math.max(most, ++running);
      await wait(5);
      running--;
      return done();
    });
    const run = await runStage(stage, optionsFor(queue.leases));
    expect(run).toEqual({ end: "drained", settledCount: 5 });
    expect(most).toBe(2);
  });

  it("refills slots one by one, so that a fast job does not wait behind a slow one", async () => {
    const queue = memoryQueue(["slow", "1", "2", "3"]);
    const order: string[] = [];
    const fastOnes = Promise.withResolvers<void>();
    const stage = stageOf(async ({ lease }) => {
      await (lease.messageId === "slow" ? fastOnes.promise : wait(5));
      if (order.push(lease.messageId) === 3) fastOnes.resolve();
      return done();
    });
    await runStage(stage, optionsFor(queue.leases));
    expect(order).toEqual(["1", "2", "3", "slow"]);
  });

  it("extends the leases of running attempts on a timer", async () => {
    const queue = memoryQueue(["1"], { slots: 1, leaseSeconds: 0.06 });
    const extensions = () => queue.calls.filter((call) => call === "extend 1").length;
    const stage = stageOf(async () => {
      await expect.poll(extensions).toBeGreaterThanOrEqual(3);
      return done();
    });
    const run = await runStage(stage, optionsFor(queue.leases));
    expect(run).toEqual({ end: "drained", settledCount: 1 });
  });

  it("aborts an attempt when its lease is lost, and settles nothing for it", async () => {
    const queue = memoryQueue(["1"], { slots: 1, leaseSeconds: 0.03 });
    queue.lostIds.add("1");
    const stage = stageOf((_job, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
    );
    const run = await runStage(stage, optionsFor(queue.leases));
    expect(run?.settledCount).toBe(0);
    expect(queue.calls.filter((call) => call.startsWith("settle"))).toEqual([]);
  });

  it("claims nothing after its deadline, but finishes running attempts", async () => {
    const queue = memoryQueue(["1", "2", "3"], { slots: 1, leaseSeconds: 60 });
    const stage = stageOf(async () => {
      await wait(60);
      return done();
    });
    const run = await runStage(
      stage,
      optionsFor(queue.leases, { deadline: Date.now() + 30 }),
    );
    expect(run).toEqual({ end: "budget", settledCount: 1 });
    expect(queue.waiting).toEqual(["2", "3"]);
  });

  it("stops claiming when the worker shuts down", async () => {
    const queue = memoryQueue(["1", "2"], { slots: 1, leaseSeconds: 60 });
    const shutdown = new AbortController();
    const stage = stageOf(async () => {
      shutdown.abort();
      await wait(20);
      return done();
    });
    const run = await runStage(
      stage,
      optionsFor(queue.leases, { shutdown: shutdown.signal }),
    );
    expect(run?.end).toBe("shutdown");
    expect(queue.waiting).toEqual(["2"]);
  });

  describe.each(["cpu", "memory"])("when %s is nearly used up", (reason) => {
    const untilAborted = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

    it("returns running jobs at once, at no cost, and ends the run", async () => {
      const queue = memoryQueue(["1", "2", "3"]);
      const shutdown = new AbortController();
      setTimeout(() => shutdown.abort(reason), 20);
      const startedAt = performance.now();
      const run = await runStage(
        stageOf((_job, signal) => untilAborted(signal)),
        optionsFor(queue.leases, { shutdown: shutdown.signal }),
      );
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(run.end).toBe("shutdown");
      expect(queue.calls).toContain("1 pause");
      expect(queue.calls).toContain("2 pause");
      expect(queue.calls.at(-1)).toBe("end shutdown");
      expect(queue.waiting).toEqual(["3"]);
    });

    it("returns at once the jobs that it was finishing", async () => {
      const queue = memoryQueue(["1"]);
      const shutdown = new AbortController();
      setTimeout(() => shutdown.abort(reason), 600);
      const startedAt = performance.now();
      const run = await runStage(
        stageOf((_job, signal) => untilAborted(signal)),
        optionsFor(queue.leases, {
          shutdown: shutdown.signal,
          deadline: Date.now(),
        }),
      );
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(run.end).toBe("budget");
      expect(queue.calls).toContain("1 pause");
    });
  });

  it("finishes running attempts when the worker shuts down for another reason", async () => {
    const queue = memoryQueue(["1"]);
    const shutdown = new AbortController();
    const stage = stageOf(async (_job, signal) => {
      shutdown.abort("wall_clock");
      await wait(50);
      signal.throwIfAborted();
      return done();
    });
    await runStage(
      stage,
      optionsFor(queue.leases, { shutdown: shutdown.signal }),
    );
    expect(queue.calls).toContain("1 done");
  });

  it("removes its listener from the shutdown signal when it ends", async () => {
    const queue = memoryQueue(["1", "2", "3"], { slots: 1, leaseSeconds: 60 });
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (type: string, listener: unknown) => {
      listeners.add(listener);
      addEventListener.call(signal, type, listener as EventListener);
    };
    signal.removeEventListener = (type: string, listener: unknown) => {
      listeners.delete(listener);
      removeEventListener.call(signal, type, listener as EventListener);
    };
    const stage = stageOf(async () => {
      await wait(5);
      expect(listeners.size).toBe(1);
      return done();
    });
    const run = await runStage(
      stage,
      optionsFor(queue.leases, { shutdown: signal }),
    );
    expect(run?.settledCount).toBe(3);
    expect(queue.calls.filter((call) => call.endsWith("done"))).toHaveLength(3);
    expect(listeners.size).toBe(0);
  });

  it("settles together the attempts that end while another settlement is under way", async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`);
    const queue = memoryQueue(ids, { slots: 20, leaseSeconds: 60 });
    const begun = Promise.withResolvers<void>();
    const others = Promise.withResolvers<void>();
    const { settle } = queue.leases;
    queue.leases.settle = async (...args) => {
      begun.resolve();
      await others.promise;
      return settle(...args);
    };
    let ended = 0;
    const stage = stageOf(async ({ lease }) => {
      if (lease.messageId !== "0") {
        await begun.promise;
        // The last one lets the settlement go on once it has ended itself.
        if (++ended === 19) setTimeout(() => others.resolve());
      }
      return done();
    });
    await runStage(stage, optionsFor(queue.leases));
    const batches = queue.calls.filter((call) => call.startsWith("settle"));
    expect(batches).toEqual(["settle 1, claim 1", "settle 19"]);
  });

  it("settles the others when one attempt cannot be settled", async () => {
    const queue = memoryQueue(["good", "bad"]);
    const settle = queue.leases.settle;
    queue.leases.settle = (stage, items) =>
      items.some(({ lease, settlement }) => lease.messageId === "bad" && settlement.outcome === "done")
        ? Promise.reject(new Error("cannot be written"))
        : settle(stage, items);
    await runStage(
      stageOf(() => Promise.resolve(done())),
      optionsFor(queue.leases),
    );
    expect(queue.calls).toContain("good done");
    expect(queue.calls).toContain("bad retry INTERNAL_ERROR");
  });

  it("records what providers charged, however the attempt ends", async () => {
    const queue = memoryQueue(["done", "failed", "lost", "free"]);
    const recorded: [string, string][] = [];
    const settle = queue.leases.settle;
    queue.leases.settle = (stage, items) => {
      for (const { lease, charges } of items) {
        for (const { key } of charges) recorded.push([lease.messageId, key]);
      }
      return settle(stage, items);
    };
    const stage = stageOf((job, _signal, charges) => {
      charges.push(parseCharge(job, job.lease.messageId, {
        tier: "agentic",
        pages: 3,
        credits: null,
      }));
      // One that the provider has not answered.
      charges.push(embedCharge(job, "model", 1));
      if (job.lease.messageId === "failed") throw new Error("afterwards");
      if (job.lease.messageId === "free") charges.length = 0;
      return Promise.resolve(job.lease.messageId === "lost" ? "lost" : done());
    });
    await runStage(stage, optionsFor(queue.leases));
    expect(recorded.sort()).toEqual([
      ["done", "parse:done"],
      ["failed", "parse:failed"],
      ["lost", "parse:lost"],
    ]);
  });

  it("ends for a new invocation when a stage has done its portion", async () => {
    const queue = memoryQueue(["1", "2"], { slots: 1, leaseSeconds: 60 });
    const stage = stageOf(() => Promise.resolve("continue"));
    const run = await runStage(stage, optionsFor(queue.leases));
    expect(run?.end).toBe("budget");
    expect(queue.calls).toContain("1 pause");
    expect(queue.waiting).toEqual(["2"]);
  });

  it("returns the next portion when a claim that is under way finds it", async () => {
    const queue = memoryQueue(["1"]);
    const { settle } = queue.leases;
    const givenBack = Promise.withResolvers<void>();
    queue.leases.settle = async (stage, items) => {
      const settled = await settle(stage, items);
      givenBack.resolve();
      // The run receives the result a moment after the message is due.
      await wait(20);
      return settled;
    };
    const looking = Promise.withResolvers<void>();
    queue.leases.claim = async () => {
      looking.resolve();
      await givenBack.promise;
      return [jobOf("1")];
    };
    let portions = 0;
    const stage = stageOf(async () => {
      portions++;
      await looking.promise;
      return "continue";
    });
    const run = await runStage(stage, optionsFor(queue.leases));
    expect(portions).toBe(1);
    expect(run?.end).toBe("budget");
    expect(queue.calls.filter((call) => call === "1 pause")).toHaveLength(2);
  });

  describe("continues inline", () => {
    /** A run whose settlements continue inline whenever they are asked to, and end it if `runEnded`. */
    async function runOf(ids: string[], rest = {}, runEnded = false) {
      const queue = memoryQueue(ids, { slots: 2, leaseSeconds: 60 });
      const { settle } = queue.leases;
      queue.leases.settle = async (stage, items, continuation) => ({
        ...await settle(stage, items, continuation),
        runEnded,
        next: continuation?.kind === "inline"
          ? {
            stage: "embed",
            runId: continuation.nextRunId,
            terms: { slots: 4, leaseSeconds: 60 },
            jobs: items.map(({ lease }) => jobOf(lease.messageId)),
          }
          : null,
      });
      const continued: string[] = [];
      const { run = () => Promise.resolve(done()), ...options } = rest as {
        run?: Stage["run"];
      };
      const result = await runStage(
        stageOf(run),
        optionsFor(queue.leases, {
          continueInline: ({ stage, jobs }: BegunRun) =>
            continued.push(
              `${stage} ${jobs?.map((job) => job.lease.messageId)}`,
            ),
          ...options,
        }),
      );
      return { continued, result, calls: queue.calls };
    }

    it("when a lone document is done", async () => {
      const { continued, result, calls } = await runOf(["1"]);
      expect(continued).toEqual(["embed 1"]);
      expect(result).toEqual({ end: "drained", settledCount: 1 });
      expect(calls.at(-1)).toBe("end drained");
    });

    it("and does not end the run when the settlement has ended it", async () => {
      const { continued, result, calls } = await runOf(["1"], {}, true);
      expect(continued).toEqual(["embed 1"]);
      expect(result).toEqual({ end: "drained", settledCount: 1 });
      expect(calls.at(-1)).toBe("1 done");
    });

    it("only when the queue has no backlog", async () => {
      const { continued } = await runOf(["1", "2", "3", "4"]);
      expect(continued).not.toContain("embed 1");
    });

    it("only when no other attempt is running", async () => {
      const run: Stage["run"] = async ({ lease }) => {
        if (lease.messageId === "slow") await wait(50);
        return done();
      };
      const queue = memoryQueue(["slow", "fast"], {
        slots: 3,
        leaseSeconds: 60,
      });
      const asked: [number, boolean][] = [];
      const { settle } = queue.leases;
      queue.leases.settle = (stage, items, continuation) => {
        asked.push([items.length, continuation?.kind === "inline"]);
        return settle(stage, items, continuation);
      };
      await runStage(
        stageOf(run),
        optionsFor(queue.leases, { continueInline() {} }),
      );
      expect(asked).toEqual([[1, false], [1, true]]);
    });

    it("only when the stage is done with the document", async () => {
      const run: Stage["run"] = () => Promise.resolve({ outcome: "poll" });
      expect((await runOf(["1"], { run })).continued).toEqual([]);
    });

    it("only before its deadline and before the shutdown", async () => {
      const shutdown = new AbortController();
      const run: Stage["run"] = () => {
        shutdown.abort();
        return Promise.resolve(done());
      };
      const stopped = await runOf(["1"], { run, shutdown: shutdown.signal });
      expect(stopped.continued).toEqual([]);
      const late = await runOf(["1"], { deadline: Date.now() });
      expect(late.continued).toEqual([]);
    });
  });

  describe("claims for slots that become free when it settles", () => {
    it("in one round trip, without asking again", async () => {
      const queue = memoryQueue(["1", "2", "3", "4", "5"]);
      const stage = stageOf(() => Promise.resolve(done()));
      await runStage(stage, optionsFor(queue.leases));
      expect(queue.calls.filter((call) => !call.endsWith("done"))).toEqual([
        "begin 2",
        "settle 2, claim 2",
        "settle 2, claim 2",
        "settle 1",
        "end drained",
      ]);
    });

    it("never more than it has slots for", async () => {
      const ids = Array.from({ length: 40 }, (_, n) => String(n));
      const queue = memoryQueue(ids, { slots: 4, leaseSeconds: 60 });
      let running = 0;
      let most = 0;
      const stage = stageOf(async ({ lease }) => {
        most = Math.max(most, ++running);
        await wait(Number(lease.messageId) % 7);
        running--;
        return done();
      });
      const run = await runStage(stage, optionsFor(queue.leases));
      expect(run.settledCount).toBe(40);
      expect(most).toBe(4);
    });

    it("and claims once more when that could not claim", async () => {
      const queue = memoryQueue(["1", "2", "3"]);
      const { settle } = queue.leases;
      queue.leases.settle = async (stage, items) => ({
        ...await settle(stage, items),
        claimed: null,
      });
      const stage = stageOf(() => Promise.resolve(done()));
      const run = await runStage(stage, optionsFor(queue.leases));
      expect(run.settledCount).toBe(3);
    });

    it("only when all attempts are done, since others may be due again at once", async () => {
      const queue = memoryQueue(["1", "2", "3"]);
      const stage = stageOf(() => Promise.resolve({ outcome: "poll" }));
      await runStage(stage, optionsFor(queue.leases));
      expect(queue.calls).not.toContain("settle 2, claim 2");
    });

    it("and returns jobs that come once it drains", async () => {
      const queue = memoryQueue(["1", "2", "late"]);
      const shutdown = new AbortController();
      const { settle } = queue.leases;
      queue.leases.settle = async (stage, items, continuation) => {
        const settled = await settle(stage, items, continuation);
        if (continuation?.kind === "claim") {
          shutdown.abort();
          await wait(10);
        }
        return settled;
      };
      const stage = stageOf(({ lease }, signal) => {
        if (lease.messageId === "late") signal.throwIfAborted();
        return Promise.resolve(done());
      });
      const run = await runStage(
        stage,
        optionsFor(queue.leases, { shutdown: shutdown.signal }),
      );
      expect(run.end).toBe("shutdown");
      expect(queue.calls).toContain("late pause");
    });
  });

  it("finishes its first jobs when the worker shuts down before it begins", async () => {
    const queue = memoryQueue(["1"]);
    const run = await runStage(
      stageOf(() => Promise.resolve(done())),
      optionsFor(queue.leases, { shutdown: AbortSignal.abort() }),
    );
    expect(run).toEqual({ end: "shutdown", settledCount: 1 });
  });

  it("claims its first jobs when the database returned none", async () => {
    const queue = memoryQueue(["1"]);
    const terms = { slots: 2, leaseSeconds: 60 };
    queue.leases.beginRun = (stage, runId) => Promise.resolve({ stage, runId, terms, jobs: null });
    const stage = stageOf(() => Promise.resolve(done()));
    await runStage(stage, optionsFor(queue.leases));
    expect(queue.calls).toContain("1 done");
  });

  it("settles each kind of failure with its outcome", async () => {
    const failures: Record<string, Error> = {
      a: new ProviderError("permanent", "PDF_IS_BROKEN", { message: "no" }),
      b: new ProviderError("throttled", "OPENAI_RATE_LIMITED", {
        message: "later",
        retryAfter: 7,
      }),
      c: new ProviderError("exhausted", "OPENAI_OUT_OF_CREDIT", {
        message: "pay",
      }),
      d: new ProviderError("transient", "OPENAI_UNAVAILABLE", {
        message: "again",
      }),
      e: new TypeError("a defect of ours"),
      f: new StorageError("Storage is away", null),
    };
    const queue = memoryQueue(Object.keys(failures));
    const lines: string[] = [];
    const stage = stageOf(({ lease }) => Promise.reject(failures[lease.messageId]));
    await runStage(
      stage,
      optionsFor(queue.leases, {
        log: createLogger("test", (line) => lines.push(line)),
      }),
    );
    expect(queue.calls.filter((call) => /^[a-f] /.test(call)).sort())
      .toEqual([
        "a reject PDF_IS_BROKEN",
        "b pause 7 OPENAI_RATE_LIMITED throttled",
        "c pause OPENAI_OUT_OF_CREDIT exhausted",
        "d retry OPENAI_UNAVAILABLE transient",
        "e retry INTERNAL_ERROR",
        "f retry STORAGE_UNAVAILABLE",
      ]);
    expect(lines.join("\n")).toContain("a defect of ours");
  });
});
