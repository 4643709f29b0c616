import { randomUUID } from "node:crypto";
import type { LlamaParseControl } from "./faults.ts";
import { parseDocument, type ParsedPage } from "./markdown/parse_document.ts";
import { ParseError } from "./markdown/read_pdf.ts";
import { ApiError, type ParseConfiguration } from "./requests.ts";
import { pause, type Webhooks } from "./webhooks.ts";

export type JobStatus =
  | "PENDING"
  | "RUNNING"
  | "COMPLETED"
  | "FAILED"
  | "CANCELLED";

export type PageResult =
  | (ParsedPage & { success: true })
  | { page_number: number; success: false; error: string };

export interface Job {
  id: string;
  name: string;
  status: JobStatus;
  createdAt: Date;
  updatedAt: Date;
  configuration: ParseConfiguration;
  /** Where the older API's callers want the result posted. */
  legacyWebhookUrl?: string;
  errorCode: string | null;
  errorMessage: string | null;
  pages: PageResult[];
}

export interface JobTiming {
  /** Until a job begins, and then at least until it ends, in milliseconds. */
  pendingMs: number;
  runningMs: number;
}

export interface JobLimits {
  bytes: number;
  pages: number;
}

/** LlamaCloud's price of a page, in credits. */
const CREDITS_PER_PAGE = {
  fast: 1,
  cost_effective: 3,
  agentic: 10,
  agentic_plus: 45,
};

/** The jobs of the simulator's only project, kept in memory, and their way from PENDING to an end. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();

  constructor(
    readonly control: LlamaParseControl,
    readonly webhooks: Webhooks,
    readonly timing: JobTiming,
    readonly limits: JobLimits,
    readonly stopped: AbortSignal,
  ) {}

  /** Accepts a document; the work goes on after this returns. */
  submit(
    name: string,
    bytes: Uint8Array,
    configuration: ParseConfiguration,
    legacyWebhookUrl?: string,
  ): Job {
    const now = new Date();
    const job: Job = {
      id: `pjb-${randomUUID()}`,
      name,
      status: "PENDING",
      createdAt: now,
      updatedAt: now,
      configuration,
      legacyWebhookUrl,
      errorCode: null,
      errorMessage: null,
      pages: [],
    };
    this.#jobs.set(job.id, job);
    this.#run(job, bytes).catch((error) => {
      this.#fail(job, "INTERNAL_ERROR", String(error));
    });
    return job;
  }

  /** Throws `ApiError` 404. */
  find(id: string): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new ApiError(404, `Parse job ${id} not found`);
    return job;
  }

  /** Newest first. */
  all(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  cancel(id: string): Job {
    const job = this.find(id);
    if (isOver(job)) {
      throw new ApiError(400, `Job is already ${job.status}`);
    }
    this.#finish(job, "CANCELLED");
    return job;
  }

  delete(id: string): Job {
    const job = this.find(id);
    if (!isOver(job)) {
      throw new ApiError(400, "Only a job that has ended can be deleted");
    }
    this.#jobs.delete(id);
    return job;
  }

  async #run(job: Job, bytes: Uint8Array): Promise<void> {
    const { jobs, delay_ms, fail_with, fail_pages } = {
      ...this.control.faults,
    };
    this.#announce(job, "parse.pending");
    await pause(
      Math.min(this.timing.pendingMs, delay_ms ?? Infinity),
      this.stopped,
    );
    if (isOver(job) || this.stopped.aborted) return;
    this.#move(job, "RUNNING");
    this.#announce(job, "parse.running");
    if (jobs === "stuck") return;
    const atLeast = pause(delay_ms ?? this.timing.runningMs, this.stopped);
    const outcome = fail_with
      ? new ParseError(fail_with as ParseError["code"], "Injected failure")
      : await this.#parse(job, bytes);
    await atLeast;
    if (isOver(job) || this.stopped.aborted) return;
    if (outcome instanceof ParseError) {
      return this.#fail(job, outcome.code, outcome.message);
    }
    job.pages = outcome.map((page) =>
      fail_pages.includes(page.page_number)
        ? {
          page_number: page.page_number,
          success: false,
          error: "The page could not be parsed",
        }
        : { ...page, success: true }
    );
    this.#finish(job, "COMPLETED");
  }

  async #parse(
    job: Job,
    bytes: Uint8Array,
  ): Promise<ParsedPage[] | ParseError> {
    try {
      if (bytes.length > this.limits.bytes) {
        throw new ParseError(
          "DOCUMENT_TOO_LARGE",
          `The file has ${bytes.length} bytes, more than the ${this.limits.bytes} allowed`,
        );
      }
      return await parseDocument(
        bytes,
        job.configuration.page_ranges,
        this.limits.pages,
      );
    } catch (error) {
      if (error instanceof ParseError) return error;
      throw error;
    }
  }

  #fail(job: Job, code: string, message: string): void {
    job.errorCode = code;
    job.errorMessage = message;
    this.#finish(job, "FAILED");
  }

  #finish(job: Job, status: "COMPLETED" | "FAILED" | "CANCELLED"): void {
    this.#move(job, status);
    const incomplete = job.pages.some((page) => !page.success);
    const event = status === "FAILED"
      ? "parse.error"
      : status === "CANCELLED"
      ? "parse.cancelled"
      : incomplete
      ? "parse.partial_success"
      : "parse.success";
    this.#announce(job, event);
    if (job.legacyWebhookUrl && status === "COMPLETED") {
      this.#inBackground(
        this.webhooks.announceLegacy(job.legacyWebhookUrl, legacyResult(job)),
      );
    }
  }

  #move(job: Job, status: JobStatus): void {
    job.status = status;
    job.updatedAt = new Date();
  }

  #announce(job: Job, event: string): void {
    const endpoints = job.configuration.webhook_configurations ?? [];
    this.#inBackground(this.webhooks.announce(job.id, event, endpoints));
  }

  /** Deliveries take their time; a defect in sending one must still be seen. */
  #inBackground(delivery: Promise<void>): void {
    delivery.catch((error) => {
      this.control.deliveries.push({ outcome: `defect: ${error}` });
    });
  }
}

export function isOver(job: Job): boolean {
  return job.status !== "PENDING" && job.status !== "RUNNING";
}

export function credits(job: Job): number {
  return job.pages.length * CREDITS_PER_PAGE[job.configuration.tier];
}

export function markdownOf(job: Job): string {
  return job.pages.map((page) => page.success ? page.markdown : "")
    .join("\n\n---\n\n");
}

export function textOf(job: Job): string {
  return job.pages.map((page) => page.success ? page.text : "")
    .join("\n\n---\n\n");
}

function legacyResult(job: Job) {
  return {
    txt: textOf(job),
    md: markdownOf(job),
    json: job.pages.map((page) => ({
      page: page.page_number,
      text: page.success ? page.text : "",
      md: page.success ? page.markdown : "",
      images: [],
    })),
    images: [],
  };
}
