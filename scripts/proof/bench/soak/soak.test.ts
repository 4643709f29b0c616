import { expect, it } from "vitest";
import { soak } from "./soak.ts";

it(
  "documents that come and go for a while leave none behind that is stuck, and no queue that grows",
  async () => {
    const result = await soak({
      minutes: 0.1,
      seed: 1,
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    // In such a while a machine at rest completes hundreds, a busy one fewer.
    expect(result.completed).toBeGreaterThan(10);
    expect(result.stuck).toBe(0);
    const queues = result.growth.filter(({ name }) =>
      name.startsWith("pgmq.q_")
    );
    for (const { name, lastBytes } of queues) {
      expect([name, lastBytes < 4 * 2 ** 20]).toEqual([name, true]);
    }
  },
  180_000,
);
