import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Asking, EACH_MS, type How, MOST_AT_ONCE, PREVIEW_MS, WHOLE_MS } from "./asking.ts";

let asked: string[];
let held: boolean;
let asking: Asking;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  held = false;
  asking = new Asking({
    ask: (question: string, how: How) => asked.push(`${how}: ${question}`),
    onHeld: (isHeld) => held = isHeld,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Types letter by letter. */
function type(text: string, eachMs = 120, hasPreview = true): void {
  for (let length = 1; length <= text.length; length++) {
    asking.type(text.slice(0, length), { hasPreview });
    if (length < text.length) vi.advanceTimersByTime(eachMs);
  }
}

it("asks nothing while letters follow each other fast", () => {
  type("when does the library open on sundays");
  expect(asked).toEqual([]);
});

it("asks by words after a short pause, and wholly after a longer one", () => {
  type("opening hours");
  vi.advanceTimersByTime(PREVIEW_MS);
  expect(asked).toEqual(["preview: opening hours"]);
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual(["preview: opening hours", "whole: opening hours"]);
  vi.advanceTimersByTime(60_000);
  expect(asked.length).toBe(2);
});

it("asks no words of which the question consists already, and nothing twice", () => {
  type("fees");
  vi.advanceTimersByTime(PREVIEW_MS);
  asking.type("fees ", { hasPreview: true });
  vi.advanceTimersByTime(WHOLE_MS);
  asking.type("fees", { hasPreview: true });
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual(["preview: fees", "whole: fees"]);
});

it("asks at once on Enter, and not again after the pause", () => {
  type("fees");
  asking.submit("fees ");
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual(["whole: fees"]);
});

it("asks only wholly where words alone are no preview", () => {
  type("fees", 120, false);
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual(["whole: fees"]);
});

it("asks for no single letter, but for a single Chinese character", () => {
  type("f");
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual([]);
  type("费");
  vi.advanceTimersByTime(PREVIEW_MS);
  expect(asked).toEqual(["preview: 费"]);
});

it("clears at once when the box is emptied", () => {
  type("fees");
  asking.type("", { hasPreview: true });
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual(["whole: "]);
});

it("spends a part of the hour's requests at most, and says when it holds back", () => {
  for (let n = 0; n < 3_600; n++) {
    asking.type(`question ${n}`, { hasPreview: true });
    vi.advanceTimersByTime(1_000);
  }
  expect(asked.length).toBeGreaterThan(500);
  expect(asked.length).toBeLessThanOrEqual(MOST_AT_ONCE + 3_600_000 / EACH_MS);
  vi.advanceTimersByTime(WHOLE_MS);
  expect(held).toBe(true);
  asking.submit("question 3599");
  expect(held).toBe(false);
  expect(asked.at(-1)).toBe("whole: question 3599");
});

it("rests after a refusal until the time that it named, except for Enter", () => {
  asking.rest(30);
  type("fees");
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked).toEqual([]);
  expect(held).toBe(true);
  asking.submit("fees");
  expect(asked).toEqual(["whole: fees"]);
  vi.advanceTimersByTime(30_000);
  type("fines");
  vi.advanceTimersByTime(WHOLE_MS);
  expect(asked.slice(1)).toEqual(["preview: fines", "whole: fines"]);
});
