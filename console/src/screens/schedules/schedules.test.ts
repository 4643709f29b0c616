import { describe, expect, it } from "vitest";
import { cronHealth, netHealth, type Schedule, scheduleHealth } from "./health.ts";
import { intervalOf, nextRun, timingWords } from "./timing.ts";

const NOW = new Date("2026-11-23T10:20:30Z");
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000).toISOString();

describe("nextRun", () => {
  it.each([
    ["* * * * *", "2026-11-23T10:21:00.000Z"],
    ["17 * * * *", "2026-11-23T11:17:00.000Z"],
    ["*/15 3-5 * * 1,3", "2026-11-25T03:00:00.000Z"],
    ["0 4 $ * *", "2026-11-30T04:00:00.000Z"],
  ])("reads %s in UTC", (timing, next) => {
    expect(nextRun(timing, null, NOW)?.toISOString()).toBe(next);
  });

  it("counts seconds from the last start", () => {
    expect(nextRun("15 seconds", ago(5), NOW)).toEqual(new Date(NOW.getTime() + 10_000));
    expect(nextRun("15 seconds", ago(500), NOW)).toEqual(NOW);
  });

  it("knows no time of what it cannot read", () => {
    expect(nextRun("now and then", null, NOW)).toBe(null);
    expect(intervalOf("now and then", NOW)).toBe(null);
  });
});

it("knows the time between runs", () => {
  expect(intervalOf("5 seconds", NOW)).toBe(5);
  expect(intervalOf("* * * * *", NOW)).toBe(60);
  expect(intervalOf("41 * * * *", NOW)).toBe(3600);
});

it("says simple timings in words", () => {
  expect(timingWords("5 seconds")).toBe("every 5 seconds");
  expect(timingWords("17 * * * *")).toBe("at minute 17 of each hour");
  expect(timingWords("5 4 * * *")).toBe("daily at 04:05 UTC");
  expect(timingWords("*/7 * * * 1")).toBe("*/7 * * * 1");
});

const schedule = (given: Partial<Schedule> = {}): Schedule => ({
  schedule: "pipeline-sweep",
  timing: "5 seconds",
  is_active: true,
  is_running: false,
  last_started_at: ago(3),
  last_success_at: ago(3),
  last_seconds: 0.1,
  p95_seconds_1h: 0.2,
  runs_1h: 720,
  failures_1h: 0,
  last_failure: null,
  last_failure_at: null,
  read_at: NOW.toISOString(),
  ...given,
});

describe("scheduleHealth", () => {
  it.each([
    ["runs", {}],
    ["off", { is_active: false }],
    ["not run yet", { last_started_at: null, last_success_at: null }],
    ["stopped", { last_started_at: ago(60) }],
    ["runs", { timing: "17 * * * *", last_started_at: ago(3500) }],
    ["failing", { last_failure_at: ago(2) }],
    ["runs", { last_failure_at: ago(600) }],
    ["failing", { last_success_at: null, last_failure_at: ago(3) }],
  ])("is %s when it stands so: %j", (word, given) => {
    expect(scheduleHealth(schedule(given), NOW).word).toBe(word);
  });
});

describe("cronHealth", () => {
  const stopped = schedule({ last_started_at: ago(9999) });

  it("works while one schedule runs, and says how many do not", () => {
    expect(cronHealth([schedule()], NOW)).toMatchObject({ word: "works", tone: "good" });
    expect(cronHealth([schedule(), stopped], NOW)).toMatchObject({ word: "works", tone: "warn" });
  });

  it("stands still when none runs", () => {
    expect(cronHealth([stopped, stopped], NOW)).toMatchObject({ word: "stands still", tone: "bad" });
    expect(cronHealth([], NOW).word).toBe("no schedules");
  });
});

describe("netHealth", () => {
  const calls = {
    waiting_count: 0,
    oldest_waiting_seconds: null,
    answered_count: 10,
    refused_count: 0,
    unanswered_count: 0,
    last_answer_at: null,
  };

  it.each([
    ["works", "good", {}],
    ["not used", "quiet", { answered_count: 0 }],
    ["works", "warn", { refused_count: 1 }],
    ["fails", "bad", { answered_count: 0, unanswered_count: 3 }],
    ["works", "good", { waiting_count: 4, oldest_waiting_seconds: 2 }],
    ["stands still", "bad", { waiting_count: 4, oldest_waiting_seconds: 90 }],
  ])("%s (%s) when it stands so: %j", (word, tone, given) => {
    expect(netHealth({ ...calls, ...given })).toMatchObject({ word, tone });
  });
});
