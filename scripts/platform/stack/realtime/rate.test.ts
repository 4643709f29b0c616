import { expect, it } from "vitest";
import { Rate } from "./rate.ts";

function rateAt(limit: number): { rate: Rate; pass(seconds: number): void } {
  let now = 1_000_000;
  return { rate: new Rate(limit, () => now), pass: (seconds) => now += seconds * 1000 };
}

it("lets a burst pass, and is exceeded when it lasts", () => {
  const { rate, pass } = rateAt(100);
  rate.add(400);
  expect(rate.isExceeded).toBe(false);
  pass(5);
  expect(rate.perSecond).toBe(80);
  rate.add(700);
  pass(5);
  expect(rate.perSecond).toBe(110);
  expect(rate.isExceeded).toBe(true);
});

it("recovers a minute after the excess", () => {
  const { rate, pass } = rateAt(10);
  rate.add(1_000);
  pass(5);
  expect(rate.isExceeded).toBe(true);
  pass(65);
  expect(rate.perSecond).toBe(0);
});
