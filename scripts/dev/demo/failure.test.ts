import { expect, test } from "vitest";
import { PipelineError } from "../../../client/src/index.ts";
import { DemoError, factsOf, step } from "./failure.ts";

async function failureOf(error: unknown): Promise<DemoError> {
  return await step("Searching", () => Promise.reject(error))
    .then(() => undefined, (error) => error);
}

test("keeps the API's words, code, status and reference of a refusal, each shown once", async () => {
  const failure = await failureOf(
    new PipelineError("slow_down", "Wait. (Reference: r-1)", {
      status: 429,
      requestId: "r-1",
    }),
  );
  expect(failure).toBeInstanceOf(DemoError);
  expect(failure.message).toBe("Searching failed: Wait.");
  expect(factsOf(failure)).toEqual([
    ["Code", "slow_down"],
    ["HTTP status", "429"],
    ["Reference", "r-1"],
  ]);
});

test("shows only the code of a failure without an answer", async () => {
  const failure = await failureOf(new PipelineError("network_error", "Gone."));
  expect(factsOf(failure)).toEqual([["Code", "network_error"]]);
});

test("does not treat an interruption as a failure", async () => {
  const interruption = new DOMException("interrupted", "AbortError");
  expect(await failureOf(interruption)).toBe(interruption);
});
