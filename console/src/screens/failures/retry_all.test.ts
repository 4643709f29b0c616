import { expect, it } from "vitest";
import { retryAll } from "./retry_all.ts";

const ASKED_AT = "2026-11-23T10:00:00Z";

function answers(...counts: [document_count: number, retried_count: number][]) {
  const calls: object[] = [];
  const retryWaiting = (args: object) => {
    calls.push(args);
    const [document_count, retried_count] = counts.shift()!;
    return Promise.resolve([{ document_count, retried_count, asked_at: ASKED_AT }]);
  };
  return { calls, retryWaiting };
}

it("retries call by call, and only what had failed at the first one", async () => {
  const { calls, retryWaiting } = answers([1200, 500], [700, 500], [200, 200]);
  expect(await retryAll(retryWaiting, { p_code: "CODE" })).toBe(1200);
  expect(calls).toEqual([
    { p_code: "CODE", p_until: undefined, p_dry_run: false },
    { p_code: "CODE", p_until: ASKED_AT, p_dry_run: false },
    { p_code: "CODE", p_until: ASKED_AT, p_dry_run: false },
  ]);
});

it("ends when workers have claimed the rest", async () => {
  const { retryWaiting } = answers([600, 500], [100, 0]);
  expect(await retryAll(retryWaiting, {})).toBe(500);
});

it("keeps the end of the time that was given", async () => {
  const { calls, retryWaiting } = answers([600, 500], [100, 100]);
  await retryAll(retryWaiting, { p_until: "2026-11-22T00:00:00Z" });
  expect(calls).toEqual(Array(2).fill({ p_until: "2026-11-22T00:00:00Z", p_dry_run: false }));
});
