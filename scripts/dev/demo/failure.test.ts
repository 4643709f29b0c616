import { expect, test } from "vitest";
import { PipelineError } from "../../../client/pipeline_client.ts";
import { DemoError, factsOf, step } from "./failure.ts";

async function failureOf(error: unknown): Promise<DemoError> {
  return await step("Searching", () => Promise.reject(error))
    .then(() => undefined, (error) => error);
}

test("a refusal keeps the API's words, code, status and reference, each shown once", async () => {
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

test("a failure that nobody answered has a code alone", async () => {
  const failure = await failureOf(new PipelineError("network_error", "Gone."));
  expect(factsOf(failure)).toEqual([["Code", "network_error"]]);
});

test("an interruption is not taken for a failure", async () => {
  const interruption = new DOMException("interrupted", "AbortError");
  expect(await failureOf(interruption)).toBe(interruption);
});
