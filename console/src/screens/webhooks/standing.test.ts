import { describe, expect, it } from "vitest";
import { backlogText, hourTitle, resendText, standingOf } from "./standing.ts";

describe("standingOf", () => {
  const none = { submitted_1h: 0, awaited_1h: 0, missing_1h: 0, late_1h: 0 };
  it.each([
    ["quiet without submissions", {}, "quiet", "Nothing was submitted"],
    ["busy while all are awaited", { submitted_1h: 3, awaited_1h: 3 }, "busy", "still awaited"],
    ["a warning when none came", { submitted_1h: 4, awaited_1h: 1, missing_1h: 3 }, "warn", "No callback came"],
    ["a warning when some are missing", { submitted_1h: 4, awaited_1h: 1, missing_1h: 1 }, "warn", "1 of 3 callbacks"],
    ["good when some were late", { submitted_1h: 4, late_1h: 2 }, "good", "2 of 4 after polling"],
    ["good when all came", { submitted_1h: 4 }, "good", "in time"],
  ])("is %s", (_, summary, tone, text) => {
    const standing = standingOf({ ...none, ...summary });
    expect(standing.tone).toBe(tone);
    expect(standing.text).toContain(text);
  });
});

it("names an hour by day and time", () => {
  expect(hourTitle("2100-01-01T14:00:00+00:00", "UTC")).toBe("Fri 14:00");
});

it.each([
  [{ given_up_count: 0, waiting_count: 0 }, "Every notification of this endpoint was delivered."],
  [{ given_up_count: 1, waiting_count: 0 }, "1 notification given up will be due at once, with twelve attempts each."],
  [
    { given_up_count: 1200, waiting_count: 2 },
    "1,200 notifications given up and 2 notifications waiting for the next attempt will be due at once, with twelve " +
    "attempts each.",
  ],
])("says what resending does for %j", (backlog, text) => expect(resendText(backlog)).toBe(text));

it("shows a count that was cut as such", () => {
  expect(backlogText(10_000)).toBe("10,000");
  expect(backlogText(10_001)).toBe("10,000+");
});
