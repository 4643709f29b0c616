import { expect, it } from "vitest";
import { soak } from "./soak.ts";

it(
  "documents that are added and deleted leave no stuck job and no growing queue",
  async () => {
    const result = await soak({
      minutes: 0.1,
      seed: 1,
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    // In this time an idle machine completes hundreds of documents, a busy one fewer.
    expect(result.completed).toBeGreaterThan(10);
    expect(result.stuck).toBe(0);
    const queues = result.growth.filter(({ name }) => name.startsWith("pgmq.q_"));
    for (const { name, lastBytes } of queues) {
      expect([name, lastBytes < 4 * 2 ** 20]).toEqual([name, true]);
    }
  },
  180_000,
);
