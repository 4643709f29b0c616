import { z } from "zod";
import { Control } from "../control.ts";

export const ROUTES = [
  "create",
  "get",
  "list",
  "cancel",
  "delete",
  "versions",
  "files",
  "results",
  "v1_upload",
  "v1_job",
  "v1_result",
] as const;

/** What can be made to go wrong, besides `next_responses` and `hold`. */
export const llamaParseFaults = z.object({
  /**
   * `lose`: never sent. `twice`: each event sent two times. `forge`: signed with a wrong secret.
   * `late`: sent `webhook_delay_ms` after the job's end. `string`: doubly encoded, whatever was asked for.
   */
  webhooks: z.enum(["normal", "lose", "twice", "forge", "late", "string"])
    .default("normal"),
  webhook_delay_ms: z.int().min(0).default(5_000),
  /** How long each new job takes, instead of the simulator's usual time. */
  delay_ms: z.int().min(0).nullable().default(null),
  /** `stuck`: new jobs run until they are cancelled. */
  jobs: z.enum(["normal", "stuck"]).default("normal"),
  /** Fails every new job with this code. */
  fail_with: z.string().nullable().default(null),
  /** Pages that new jobs cannot read. */
  fail_pages: z.array(z.int().positive()).default([]),
});

export type LlamaParseControl = Control<typeof llamaParseFaults.shape>;

export function createLlamaParseControl(): LlamaParseControl {
  return new Control({
    routes: ROUTES,
    faults: llamaParseFaults,
    errorBody: ({ status, code }) => ({
      detail: code ?? DETAILS[status] ?? `Injected status ${status}`,
    }),
  });
}

const DETAILS: Record<number, string> = {
  401: "Invalid API Key",
  402: "You have run out of credits",
  429: "Rate limit exceeded",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
