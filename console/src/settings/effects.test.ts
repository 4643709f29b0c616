import { describe, expect, it } from "vitest";
import { type Change, effectsOf } from "./effects.ts";

const effects = (given: Partial<Change> & Pick<Change, "table" | "column">) =>
  effectsOf({ row: "parse", from: null, to: null, after: {}, ...given }).join(" ");

describe("effectsOf", () => {
  it("says that fewer attempts give up documents, and says nothing of more", () => {
    const change = { table: "stages", column: "max_attempts", from: 5 } as const;
    expect(effects({ ...change, to: 2 })).toContain("have used 2 attempts here are given up");
    expect(effects({ ...change, to: 9 })).toBe("");
  });

  it("warns of a lease that is too short, and of one that is too long", () => {
    const change = { table: "stages", column: "lease_seconds", from: 60 } as const;
    expect(effects({ ...change, to: 3 })).toContain("the work is done twice");
    expect(effects({ ...change, to: 900 })).toContain("waits for this long");
    expect(effects({ ...change, to: 90 })).toBe("");
  });

  it("compares slots and batch as they will be", () => {
    const change = { table: "stages", column: "slots", from: 4, to: 2 } as const;
    expect(effects({ ...change, after: { slots: 2, batch: 4 } })).toContain("less than batch");
    expect(effects({ ...change, after: { slots: 2, batch: 2 } })).toBe("");
  });

  it("tells a budget that is lifted from one that is lowered", () => {
    const change = { table: "limits", column: "monthly_budget_cents" } as const;
    expect(effects({ ...change, from: 500, to: null })).toContain("Nothing bounds");
    expect(effects({ ...change, from: null, to: 500 })).toContain("wait until the next month");
    expect(effects({ ...change, from: 500, to: 900 })).toBe("");
  });

  it("names the file types that are no longer accepted", () => {
    expect(effects({ table: "limits", column: "allowed_mime_types", from: ["a/b", "c/d"], to: ["c/d", "e/f"] }))
      .toContain("accepted as a/b;");
  });

  it("warns before history is deleted for good", () => {
    const change = { table: "retention", row: "worker_runs", column: "days", from: 7 } as const;
    expect(effects({ ...change, to: 2 })).toContain("older than 2 days. It cannot be undone.");
    expect(effects({ ...change, to: 70 })).toBe("");
  });

  it("says nothing of a column that it does not know", () => {
    expect(effects({ table: "limits", column: "added_later", from: 1, to: 2 })).toBe("");
  });
});
