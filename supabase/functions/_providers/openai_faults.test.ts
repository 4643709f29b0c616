import { describe, expect, it } from "vitest";
import { secondsToWait } from "./openai_faults.ts";

describe("secondsToWait", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const wait = (headers: HeadersInit) => secondsToWait(new Headers(headers), now);

  it("prefers milliseconds to seconds to resets", () => {
    const resets = { "x-ratelimit-reset-tokens": "9s" };
    expect(wait({ "retry-after-ms": "20", "retry-after": "2", ...resets }))
      .toBe(0.02);
    expect(wait({ "retry-after": "2", ...resets })).toBe(2);
    expect(wait(resets)).toBe(9);
  });

  it("reads a date", () => {
    expect(wait({ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" })).toBe(30);
    expect(wait({ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" })).toBe(0);
  });

  it.each([
    ["12ms", 0.012],
    ["1.5s", 1.5],
    ["1m2s", 62],
    ["6h0m1s", 21_601],
    ["1d", 86_400],
  ])("reads the duration %s", (text, seconds) => {
    expect(wait({ "x-ratelimit-reset-requests": text })).toBeCloseTo(seconds);
  });

  it("returns the later of two resets", () => {
    expect(wait({
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-reset-tokens": "6s",
    })).toBe(6);
  });

  it("returns undefined without a valid header", () => {
    expect(secondsToWait(undefined)).toBeUndefined();
    expect(wait({})).toBeUndefined();
    expect(wait({ "retry-after": "soon", "x-ratelimit-reset-tokens": "1x" }))
      .toBeUndefined();
    expect(wait({ "retry-after-ms": "-5" })).toBeUndefined();
  });
});
