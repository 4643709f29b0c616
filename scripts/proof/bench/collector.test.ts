import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { now } from "./clock.ts";
import { type Collector, startCollector } from "./collector.ts";
import { createReporter, type Reporter } from "./reporter.ts";

let collector: Collector;
let reporter: Reporter;

beforeEach(() => {
  collector = startCollector();
  reporter = createReporter(collector.url);
});
afterEach(() => collector.stop());

describe("a reporter and its collector", () => {
  it("report a job's start, whether it is requested before or after", async () => {
    const before = now();
    const awaited = collector.startOf("a", 1, 20_000);
    reporter.started("a", 1);
    const after = now();

    const at = await awaited;
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
    expect(await collector.startOf("a", 1, 20_000)).toBe(at);
  });

  it("distinguish the steps of a job", async () => {
    reporter.started("a", 1);
    await collector.startOf("a", 1, 20_000);
    await expect(collector.startOf("a", 2, 50)).rejects.toThrow(
      "step 2 of job a did not begin within 50 ms",
    );
  });

  it("forget starts that were cleared", async () => {
    reporter.started("a", 1);
    await collector.startOf("a", 1, 20_000);
    expect(collector.starts()).toHaveLength(1);
    collector.clear();
    expect(collector.starts()).toHaveLength(0);
    await expect(collector.startOf("a", 1, 50)).rejects.toThrow();
  });
});
