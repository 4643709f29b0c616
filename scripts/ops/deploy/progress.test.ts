import { expect, test } from "vitest";
import { type Finding, met, unmet } from "../doctor/finding.ts";
import { refuseUnmet, untilMet } from "./deployment.ts";
import { type Step, StepFailure, takeSteps } from "./progress.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

function stepsThatTake(taken: string[], failing?: string): Step[] {
  return ["one", "two", "three"].map((title) => ({
    title,
    plan: [],
    run() {
      if (title === failing) {
        return Promise.reject(new ErrorWithRemedy("out of order", "Mend it."));
      }
      taken.push(title);
      return Promise.resolve("done");
    },
  }));
}

test("takes steps in order, and reports each", async () => {
  const taken: string[] = [];
  const lines: string[] = [];
  await takeSteps(stepsThatTake(taken), (line) => lines.push(line));
  expect(taken).toEqual(["one", "two", "three"]);
  expect(lines[0]).toBe("[1/3] one …");
  expect(lines[1]).toMatch(/✓ done \(\d/);
});

test("stops at a failure, and reports the finished and the missing steps and how to continue", async () => {
  const taken: string[] = [];
  const failure = await takeSteps(stepsThatTake(taken, "two"), () => {})
    .catch((error) => error);
  expect(taken).toEqual(["one"]);
  expect(failure).toBeInstanceOf(StepFailure);
  expect(failure.message).toBe(
    '"two" failed: out of order\nDone: one.\nNot done: two; three.',
  );
  expect(failure.remedy).toMatch(/^Mend it\.\nThen run the same command again/);
});

test("waits for a deployment to be live everywhere, for a limited time", async () => {
  const old: Finding = unmet("version", "the one before", "Wait.");
  const answers: Finding[][] = [[old], [met("version", "this one")]];
  expect(await untilMet(() => Promise.resolve(answers.shift()!))).toEqual([
    met("version", "this one"),
  ]);
  expect(await untilMet(() => Promise.resolve([old]), 0)).toEqual([old]);
});

test("ignores what cannot be inspected, and stops with remedies at unmet requirements", () => {
  expect(() => refuseUnmet([{ requirement: "a", status: "unknown", found: "b" }])).not.toThrow();
  expect(() => refuseUnmet([unmet("clock", "late", "Set it.")])).toThrow(
    "Not met: clock: late",
  );
});
