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

/** A page of a result, as API v2 gives it. */
export const givenPage = z.strictObject({
  page_number: z.int().positive(),
  success: z.boolean(),
  markdown: z.string().optional(),
  error: z.string().optional(),
  header: z.string().optional(),
  footer: z.string().optional(),
});

/** Pages that stand for what would be read of a document, for as many readings of it as `times` says, or for all. */
export const givenAnswer = z.strictObject({
  pages: z.array(givenPage),
  /**
   * Of the document; without it, the next one that comes and has no answer yet.
   */
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  times: z.int().positive().optional(),
});

export type GivenAnswer = z.infer<typeof givenAnswer>;

const pageNumbers = z.array(z.int().positive()).default([]);

/** What can be made to go wrong, besides `next_responses` and `hold`. */
export const llamaParseFaults = z.object({
  /**
   * `lose`: never sent. `twice`: each event sent two times. `forge`: signed with a wrong secret. `late`: sent
   * `webhook_delay_ms` after the job's end. `string`: doubly encoded, whatever was asked for.
   */
  webhooks: z.enum(["normal", "lose", "twice", "forge", "late", "string"])
    .default("normal"),
  webhook_delay_ms: z.int().min(0).default(5_000),
  /** How long each new job takes, instead of the simulator's usual time. */
  delay_ms: z.int().min(0).nullable().default(null),
  /** `stuck`: new jobs run until they are cancelled. */
  jobs: z.enum(["normal", "stuck"]).default("normal"),
  /** Fails every new job with this code at the beginning of its message. */
  fail_with: z.string().nullable().default(null),
  /** Fails every new job with this message, in plain words. */
  fail_message: z.string().nullable().default(null),
  /** Pages that jobs cannot read, … */
  fail_pages: pageNumbers,
  /** … for as many jobs that have one of them; null for all. */
  fail_pages_times: z.int().min(0).nullable().default(null),
  /** What is said of a page that failed. */
  page_error: z.string().default("page timed out"),
  /** Results that are given instead of read. */
  answers: z.array(givenAnswer).default([]),
  /** What OCR finds in the pictures of a page, by its number; it finds nothing in others. */
  ocr_text: z.record(z.string().regex(/^[1-9]\d*$/), z.string()).default({}),
  /** `html`: tables are HTML although Markdown was asked for. */
  tables: z.enum(["asked", "html"]).default("asked"),
  /** Each page is wrapped in a fence that says `markdown`. */
  fences: z.boolean().default(false),
  /** Pages that are read, but come out empty. */
  empty_pages: pageNumbers,
  /** Pages that come out as a word for nothing, `NO_CONTENT_HERE`. */
  placeholder_pages: pageNumbers,
  /** Lines at the top and the bottom of each page's text; `{page}` is its number. */
  running_lines: z.strictObject({
    header: z.string().optional(),
    footer: z.string().optional(),
  }).nullable().default(null),
  /** Each page is set off by rules, and links to a picture of itself. */
  page_marks: z.boolean().default(false),
});

export type LlamaParseFaults = z.infer<typeof llamaParseFaults>;

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
