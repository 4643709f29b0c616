import { z } from "zod";
import { Control } from "../control.ts";

/** What can be made to go wrong, besides `next_responses` and `hold`. */
export const openAiFaults = z.object({
  /**
   * `short`: one dimension too few. `zero`: all zeros. `nan`: a number that is none. `swapped`: `data` in reverse
   * order.
   */
  vectors: z.enum(["normal", "short", "zero", "nan", "swapped"])
    .default("normal"),
  /** Time before each answer. */
  delay_ms: z.int().min(0).default(0),
});

export type OpenAiControl = Control<typeof openAiFaults.shape>;

export function createOpenAiControl(): OpenAiControl {
  return new Control({
    routes: ["embeddings", "model"],
    faults: openAiFaults,
    errorBody: ({ status, code }) => ({ error: errorOf(status, code) }),
  });
}

function errorOf(status: number, code?: string) {
  if (code === "insufficient_quota") {
    return {
      message: "You exceeded your current quota, please check your plan and billing details.",
      type: "insufficient_quota",
      param: null,
      code,
    };
  }
  if (status === 429) {
    return {
      message: "Rate limit reached.",
      type: "requests",
      param: null,
      code: code ?? "rate_limit_exceeded",
    };
  }
  return {
    message: status >= 500 ? "The server had an error while processing your request." : `Injected status ${status}.`,
    type: status >= 500 ? "server_error" : "invalid_request_error",
    param: null,
    code: code ?? null,
  };
}
