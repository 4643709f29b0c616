import { describe, expect, it } from "vitest";
import { capacityOf, heldBack, standingOf } from "./standing.ts";

const idle = {
  paused_at: null,
  is_circuit_open: false,
  oldest_due_seconds: 0,
  due_count: 0,
  working_count: 0,
  postponed_count: 0,
};

describe("standingOf", () => {
  it.each([
    ["idle", {}],
    ["waiting", { postponed_count: 2 }],
    ["working", { working_count: 1 }],
    ["working", { due_count: 4, oldest_due_seconds: 59 }],
    ["late", { due_count: 4, oldest_due_seconds: 61, working_count: 4 }],
    ["circuit open", { due_count: 4, oldest_due_seconds: 900, is_circuit_open: true }],
    ["paused", { due_count: 4, oldest_due_seconds: 900, is_circuit_open: true, paused_at: "2026-11-23T10:00:00Z" }],
  ])("is %s when that is what matters most", (word, facts) => {
    expect(standingOf({ ...idle, ...facts }).word).toBe(word);
  });
});

describe("heldBack", () => {
  it("says what goes on and what waits", () => {
    expect(heldBack({ ...idle, working_count: 2, due_count: 3, postponed_count: 1 })).toBe(
      "The 2 attempts that are under way finish. 4 documents here will wait, and those that reach the stage.",
    );
    expect(heldBack({ ...idle, working_count: 1, due_count: 1 })).toBe(
      "The attempt that is under way finishes. 1 document here will wait, and those that reach the stage.",
    );
    expect(heldBack(idle)).toContain("No attempt is under way. No document waits here now");
  });
});

it("counts the slots of all invocations", () => {
  expect(capacityOf({ slots: 8, max_invocations: 2 })).toBe(16);
});
