import LlamaCloud, { APIError, NotFoundError } from "@llamaindex/llama-cloud";
import { fileType } from "../_inspect/file_types.ts";
import {
  fetchPages,
  isEmpty,
  markMerged,
  type ParsedPages,
  presignedMarkdown,
  readPages,
} from "./llamaparse_content.ts";
import { badAnswer, type Failure, llamaParseFault, llamaParseTimeout, parseFailure } from "./llamaparse_faults.ts";
import { parseOptions, type ReadingOptions } from "./llamaparse_options.ts";
import { withoutRedirects } from "./outbound.ts";
import { isPrivateHost } from "./private_hosts.ts";
import type { Resolve } from "./public_hosts.ts";

/** An upload has up to 25 MB; the other calls send a few kilobytes and receive up to some megabytes. */
const UPLOAD_TIMEOUT_MS = 90_000;
const CALL_TIMEOUT_MS = 30_000;

/** How far LlamaParse's clock may be behind this one. */
const CLOCK_SKEW_MS = 5 * 60_000;
const LIST_PAGE_SIZE = 100;
/** How many jobs `find` searches: far more than an account submits between a crash and its reconciliation. */
const LONGEST_LIST = 2000;

/** A document to parse, and how to read it. */
export interface Submission extends ReadingOptions {
  bytes: Uint8Array;
  /** The user's name for the file. Not sent: LlamaParse sees a neutral one. */
  filename?: string;
  /** Ours; LlamaParse keeps it as metadata, by which `find` recognises the submission. */
  submissionId: string;
  /** Left out where LlamaParse could not reach it (`webhookReachable`). */
  webhook?: Webhook;
}

export interface Webhook {
  url: string;
  secret: string;
  /** Returned with the callback, so that one id follows the document through the logs. */
  requestId: string | null;
}

/** A job's price, from LlamaParse; null until it has said so. */
export interface Billed {
  tier: string | null;
  credits: number | null;
}

export type ParseResult =
  | { state: "pending" }
  | { state: "completed"; billed: Billed } & ParsedPages
  | { state: "failed"; billed: Billed } & Failure
  | { state: "cancelled"; billed: Billed }
  /** LlamaParse does not know the job, or no longer: results are kept for 48 hours. */
  | { state: "unknown" };

/** LlamaParse, API v2. Nothing is retried here; every call throws a ProviderError when it fails. */
export interface LlamaParse {
  submit(submission: Submission): Promise<{ providerJobId: string }>;
  /** An earlier submission with this id, made since then, whose response was lost; a cancelled one does not count. */
  find(
    submissionId: string,
    since: Date,
  ): Promise<{ providerJobId: string } | null>;
  /** @param pages the pages that were requested, null for all: how to interpret the result's page numbers */
  result(providerJobId: string, pages?: number[] | null): Promise<ParseResult>;
  /**
   * Stops the job if it still runs; does nothing if it has ended or is unknown.
   */
  cancel(providerJobId: string): Promise<void>;
  /** Deletes the job, its file and its result at LlamaParse. */
  forget(providerJobId: string): Promise<void>;
}

export function createLlamaParse(
  config: { apiKey: string; apiUrl: string; tier: string },
  fetch: typeof globalThis.fetch = withoutRedirects(),
  resolve?: Resolve,
): LlamaParse {
  const client = new LlamaCloud({
    apiKey: config.apiKey,
    baseURL: config.apiUrl,
    // Without this property the SDK fetches an empty page to learn whether it can send forms.
    fetch: Object.assign(fetch.bind(globalThis), { Response }),
    maxRetries: 0,
    timeout: UPLOAD_TIMEOUT_MS,
    logLevel: "off",
  });

  return {
    submit: (submission) =>
      withTimeout(UPLOAD_TIMEOUT_MS, async (signal) => {
        const { bytes, mime, submissionId, webhook } = submission;
        const file = new File([bytes as BlobPart], neutralName(mime), {
          type: mime,
        });
        const answer = await client.parsing.create({
          upload_file: file,
          tier: config.tier,
          version: "latest",
          user_metadata: { submission_id: submissionId },
          ...parseOptions(submission),
          ...(webhook && { webhook_configurations: [webhookFor(webhook)] }),
        }, { signal });
        return { providerJobId: idOf(answer) };
      }),

    find: (submissionId, since) =>
      withTimeout(CALL_TIMEOUT_MS, async (signal) => {
        const jobs = client.parsing.list({
          created_at_on_or_after: new Date(since.getTime() - CLOCK_SKEW_MS)
            .toISOString(),
          page_size: LIST_PAGE_SIZE,
        }, { signal });
        let failed: string | undefined;
        let seen = 0;
        for await (const job of jobs) {
          if (job.user_metadata?.submission_id === submissionId) {
            // A failed job is the result only if no other was submitted after it.
            if (job.status === "FAILED") failed = job.id;
            else if (job.status !== "CANCELLED") {
              return { providerJobId: job.id };
            }
          }
          if (++seen === LONGEST_LIST) break;
        }
        return failed === undefined ? null : { providerJobId: failed };
      }),

    result: (providerJobId, asked = null) =>
      withTimeout(CALL_TIMEOUT_MS, async (signal) => {
        const get = (expand: string[]) => client.parsing.get(providerJobId, { expand }, { signal });
        try {
          const answer = await get(["markdown", "usage"]);
          const state = stateOf(answer.job);
          if (state.state !== "completed") return state;
          const parsed = answer.markdown ? readPages(answer.markdown, asked) : await fetchPages(
            presignedMarkdown(
              answer.result_content_metadata ??
                (await get(["markdown_content_metadata"]))
                  .result_content_metadata,
            ),
            { apiUrl: config.apiUrl, fetch, resolve, signal, asked },
          );
          // Only empty pages need the items, which are many times as large as the text.
          const { items } = parsed.pages.some(isEmpty) ? await get(["items"]) : {};
          return { ...state, ...markMerged(parsed, items) };
        } catch (error) {
          if (error instanceof NotFoundError) return { state: "unknown" };
          throw error;
        }
      }),

    cancel: (providerJobId) =>
      withTimeout(CALL_TIMEOUT_MS, async (signal) => {
        try {
          await client.parsing.cancel(providerJobId, {}, { signal });
        } catch (error) {
          const ended = error instanceof APIError &&
            [400, 404, 409, 422].includes(error.status ?? 0);
          if (!ended) throw error;
        }
      }),

    forget: (providerJobId) =>
      withTimeout(CALL_TIMEOUT_MS, async (signal) => {
        try {
          await client.parsing.delete(providerJobId, {}, { signal });
        } catch (error) {
          if (!(error instanceof NotFoundError)) throw error;
        }
      }),
  };
}

/** The SDK's own time-out ends with the headers; this one covers the body. */
async function withTimeout<T>(
  milliseconds: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(milliseconds);
  try {
    return await call(signal);
  } catch (error) {
    throw signal.aborted ? llamaParseTimeout() : llamaParseFault(error);
  }
}

function webhookFor({ url, secret, requestId }: Webhook) {
  return {
    webhook_url: url,
    ...(requestId && { webhook_headers: { "x-request-id": requestId } }),
    webhook_events: [
      "parse.success",
      "parse.error",
      "parse.partial_success",
      "parse.cancelled",
    ],
    // By default the callback contains JSON as a string.
    webhook_output_format: "json" as const,
    webhook_signing_secret: secret,
  };
}

/** LlamaParse chooses its reader by the extension; it does not need the rest of the name. */
function neutralName(mime: string): string {
  return `document.${fileType(mime)?.extension ?? "bin"}`;
}

/** The new job's id, which some versions of the API wrap in a `job`. */
function idOf(answer: { id?: string; job?: { id?: string } }): string {
  const id = answer?.id ?? answer?.job?.id;
  if (typeof id !== "string" || id === "") throw badAnswer("it names no job");
  return id;
}

function stateOf(
  job: {
    status?: string;
    error_message?: string | null;
    tier?: string | null;
    usage?: { credits?: number | null } | null;
  } | undefined,
):
  | Exclude<ParseResult, { state: "completed" }>
  | { state: "completed"; billed: Billed } {
  const billed: Billed = {
    tier: job?.tier ?? null,
    credits: job?.usage?.credits ?? null,
  };
  switch (job?.status) {
    case "PENDING":
    case "RUNNING":
      return { state: "pending" };
    case "COMPLETED":
      return { state: "completed", billed };
    case "FAILED":
      return { state: "failed", billed, ...parseFailure(job.error_message) };
    case "CANCELLED":
      return { state: "cancelled", billed };
    default:
      throw badAnswer("the job's status is unknown");
  }
}

/**
 * Whether LlamaParse can call the webhook: it needs HTTPS and a public host, unless LlamaParse's simulator runs on this
 * machine or network. If not, the result has to be polled for.
 */
export function webhookReachable(
  webhookUrl: string,
  providerUrl: string,
): boolean {
  if (isPrivateHost(new URL(providerUrl).hostname)) return true;
  const { protocol, hostname } = new URL(webhookUrl);
  return protocol === "https:" && !isPrivateHost(hostname);
}
