import { createHash, randomUUID } from "node:crypto";
import type { LlamaParseControl, LlamaParseFaults } from "./faults.ts";
import { GivenAnswers } from "./given_answers.ts";
import { type PageResult, parseDocument } from "./markdown/parse_document.ts";
import { ParseError } from "./markdown/read_pdf.ts";
import { cut, shapePage } from "./page_shapes.ts";
import { type ParseConfiguration, selectPages } from "./parse_configuration.ts";
import { ApiError } from "./requests.ts";
import { pause, type Webhooks } from "./webhooks.ts";

export type JobStatus =
  | "PENDING"
  | "RUNNING"
  | "COMPLETED"
  | "FAILED"
  | "CANCELLED";

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

/** The share of pages that may fail before the job does, if the request does not say. */
const USUAL_FAILURE_RATIO = 0.05;

/** The jobs of the simulator's only project, kept in memory, and their way from PENDING to an end. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #given: GivenAnswers;

  constructor(
    readonly control: LlamaParseControl,
    readonly webhooks: Webhooks,
    readonly timing: JobTiming,
    readonly limits: JobLimits,
    readonly stopped: AbortSignal,
  ) {
    this.#given = new GivenAnswers(control);
  }

  /** Documents get no more results that were given for them. */
  forgetGivenAnswers(): void {
    this.#given.forget();
  }

  /** Accepts a document and returns; the work continues. */
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
      this.#fail(job, "INTERNAL_ERROR", `Internal error: ${error}`);
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
    const faults = { ...this.control.faults };
    this.#announce(job, "parse.pending");
    await pause(
      Math.min(this.timing.pendingMs, faults.delay_ms ?? Infinity),
      this.stopped,
    );
    if (isOver(job) || this.stopped.aborted) return;
    this.#move(job, "RUNNING");
    this.#announce(job, "parse.running");
    if (faults.jobs === "stuck") return;
    const atLeast = pause(
      faults.delay_ms ?? this.timing.runningMs,
      this.stopped,
    );
    const outcome = await this.#read(job, bytes, faults);
    await atLeast;
    if (isOver(job) || this.stopped.aborted) return;
    if (outcome instanceof ParseError) {
      const code = outcome.code === "INJECTED" ? null : outcome.code;
      return this.#fail(job, code, outcome.message);
    }
    const failed = outcome.filter(({ success }) => !success).length;
    const allowed = job.configuration.processing_control
      ?.job_failure_conditions?.allowed_page_failure_ratio ??
      USUAL_FAILURE_RATIO;
    if (failed > allowed * outcome.length) {
      return this.#fail(
        job,
        "TOO_MANY_FAILED_PAGES",
        `Too many pages failed: ${failed} of ${outcome.length}, with a ratio of ${allowed} allowed`,
      );
    }
    job.pages = outcome;
    this.#finish(job, "COMPLETED");
  }

  /** What becomes of the document: its pages as LlamaParse would give them, or why there are none. */
  async #read(
    job: Job,
    bytes: Uint8Array,
    faults: LlamaParseFaults,
  ): Promise<PageResult[] | ParseError> {
    if (faults.fail_with) {
      const code = faults.fail_with as ParseError["code"];
      return new ParseError(code, `${code}: Injected failure`);
    }
    if (faults.fail_message !== null) {
      return new ParseError("INJECTED", faults.fail_message);
    }
    const read = this.#givenPages(job, bytes) ??
      await this.#parse(job, bytes, faults);
    if (read instanceof ParseError) return read;
    const shaped = read.map((page): PageResult =>
      page.success
        ? {
          ...page,
          markdown: shapePage(page.markdown, page.page_number, faults),
          text: cut(page.text),
        }
        : page
    );
    return this.#failPages(shaped, faults.page_error);
  }

  #givenPages(job: Job, bytes: Uint8Array): PageResult[] | undefined {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const answer = this.#given.take(sha256);
    if (!answer) return undefined;
    const last = Math.max(0, ...answer.pages.map((page) => page.page_number));
    const asked = selectPages(job.configuration.page_ranges ?? {}, last);
    return answer.pages.filter((page) => asked.includes(page.page_number))
      .map(({ page_number, success, markdown = "", error, header, footer }) =>
        success
          ? {
            page_number,
            success,
            markdown,
            text: markdown,
            header: header ?? "",
            footer: footer ?? "",
            tables: [],
          }
          : { page_number, success, error: error ?? "" }
      );
  }

  #failPages(pages: PageResult[], error: string): PageResult[] {
    const { fail_pages, fail_pages_times } = this.control.faults;
    const isFailed = (page: PageResult) => fail_pages.includes(page.page_number);
    if (fail_pages_times === 0 || !pages.some(isFailed)) return pages;
    if (fail_pages_times !== null) {
      this.control.faults.fail_pages_times = fail_pages_times - 1;
    }
    return pages.map((page) => isFailed(page) ? { page_number: page.page_number, success: false, error } : page);
  }

  async #parse(
    job: Job,
    bytes: Uint8Array,
    faults: LlamaParseFaults,
  ): Promise<PageResult[] | ParseError> {
    const { page_ranges, output_options, processing_options } = job.configuration;
    const tables = output_options?.markdown?.tables;
    const asksForMarkdown = tables?.output_tables_as_markdown &&
      faults.tables === "asked";
    try {
      if (bytes.length > this.limits.bytes) {
        throw new ParseError(
          "DOCUMENT_TOO_LARGE",
          `The document is too large: ${bytes.length} bytes, ${this.limits.bytes} are allowed`,
        );
      }
      return await parseDocument(bytes, {
        select: (pageCount) => selectPages(page_ranges ?? {}, pageCount),
        mostPages: this.limits.pages,
        tables: asksForMarkdown ? "markdown" : "html",
        mergeTables: tables?.merge_continued_tables ?? false,
        ...(!processing_options?.ignore?.ignore_text_in_image && {
          readImages: (page) => faults.ocr_text[page] ?? "",
        }),
      });
    } catch (error) {
      if (error instanceof ParseError) return error;
      throw error;
    }
  }

  #fail(job: Job, code: string | null, message: string): void {
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
