import { expect, test } from "vitest";
import { measureApi } from "./api.ts";

test("every competitor answers every request within all limits", {
  timeout: 120_000,
}, async () => {
  const { inTurn, paced, server } = await measureApi({
    effort: { rounds: 1, warmUp: 2, inTurn: 10, paced: 10 },
    onProgress() {},
    signal: new AbortController().signal,
  });
  for (const { name, latency } of [...inTurn, ...paced]) {
    expect.soft(latency.count, name).toBe(10);
    expect.soft(latency.p50.value, name).toBeGreaterThan(0);
  }
  expect(inTurn).toHaveLength(9);
  expect(paced.map(({ name }) => name)).toEqual([
    "baseline",
    "webhook",
    "bare webhook",
  ]);
  expect(server).toHaveLength(6);
});
