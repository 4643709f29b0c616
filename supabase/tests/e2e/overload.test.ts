import { beforeAll, describe, expect, it } from "vitest";
import { HOSTED_LIMITS } from "../../../scripts/platform/stack/functions/limits.ts";
import { call, createUser, pause, upload, type User, waitFor } from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

/** A statement on one of an API process' two connections times out after 8 s, and the wait for a connection after 5 s. */
const SLOWEST_MS = 13_000;
const WAITED_MS = 6_500;

describe("a database that hangs", () => {
  const sql = useIdleStack();
  let user: User;
  let documentId: string;
  beforeAll(async () => {
    user = await createUser();
    ({ document_id: documentId } = await upload(user));
    await waitFor(user, documentId, ["complete"]);
  });

  const askStatus = () => call(`/api/documents/${documentId}/status`, { user });
  const timed = async (asked: ReturnType<typeof call>) => {
    const startedAt = performance.now();
    const { status, headers } = await asked;
    const retryAfter = headers.get("retry-after");
    return { status, retryAfter, ms: performance.now() - startedAt };
  };

  it("makes requests fail within seconds, health included, and serves again as soon as it recovers", async () => {
    // Both processes are running: otherwise some requests would wait for a start as well.
    await Promise.all(Array.from({ length: 40 }, askStatus));
    const done = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const locking = sql.begin(async (tx) => {
      await tx`lock table upload_pipeline.documents, upload_pipeline.upload_jobs in access exclusive mode`;
      locked.resolve();
      await Promise.race([done.promise, pause(30_000)]);
    });
    await locked.promise;
    try {
      const asked = [];
      for (let n = 0; n < 40; n++) {
        asked.push(timed(askStatus()));
        if (n % 10 === 9) asked.push(timed(call("/api/health")));
        await pause(25);
      }
      const answers = await Promise.all(asked);
      const kinds = answers.map(({ status, retryAfter }) => `${status} ${retryAfter}`);
      expect(new Set(kinds)).toEqual(new Set(["503 5"]));
      const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
      expect(times.at(-1)).toBeLessThan(SLOWEST_MS);
      // Statements that have a connection take longer, up to three of each process.
      expect(times.at(-1 - 3 * HOSTED_LIMITS.isolates)).toBeLessThan(WAITED_MS);
    } finally {
      done.resolve();
      await locking;
    }
    expect((await askStatus()).status).toBe(200);
    // The health answer is cached for a second.
    await pause(1_000);
    expect((await call("/api/health")).status).toBe(200);
  });
});
