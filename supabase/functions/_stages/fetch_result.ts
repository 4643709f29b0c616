import type { Composite } from "../_engine/composite.ts";
import { failure } from "../_shared/error_codes.ts";
import { parseCharge } from "../_engine/charges.ts";
import { done, type Job, reject, type Settlement, type Stage } from "../_engine/stage.ts";
import type { Billed, LlamaParse } from "../_providers/llamaparse.ts";
import type { ParsedPages } from "../_providers/llamaparse_content.ts";
import { NO_TEXT_FOUND, NO_TEXT_FOUND_WITH_OCR } from "../_providers/llamaparse_faults.ts";
import type { Storage } from "../_providers/storage.ts";
import { pageWarnings, type Warning } from "./page_warnings.ts";
import { joinPages, mergeReading, type Pages, splitPages } from "./pages.ts";
import { storeParsed } from "./parsed_text.ts";
import type { Submission, Submissions } from "./submissions.ts";

/** What it leaves out stays as an earlier parse left it. */
type Output = Partial<Composite<"fetch_result_output">>;

export interface FetchResultDeps {
  storage: Storage;
  llamaparse: LlamaParse;
  submissions: Submissions;
  /** At which LlamaParse charges, should it not say itself. */
  tier: string;
}

/**
 * parse_queued → parsed → parse_validated: fetch what LlamaParse made of the document, lay it over what earlier
 * readings gave, and store it. Pages that failed are parsed once more before there is a warning.
 */
export function createFetchResult(deps: FetchResultDeps): Stage {
  const { llamaparse, submissions, tier } = deps;
  return {
    name: "fetch_result",

    async run(job, _signal, charges) {
      const submission = await submissions.current(job.jobId);
      if (!submission) throw new Error("the job has no open submission");
      const { submissionId, providerJobId, isOverdue } = submission;

      const result = await llamaparse.result(
        providerJobId,
        submission.pages,
      );
      const charge = (pages: number, billed: Billed) =>
        charges.push(parseCharge(job, submissionId, {
          tier: billed.tier ?? tier,
          pages,
          credits: billed.credits,
        }));
      switch (result.state) {
        case "pending":
          if (!isOverdue) return { outcome: "poll" };
          await llamaparse.cancel(providerJobId);
          return await unread(deps, job, submission, {
            outcome: "resubmit",
            ...failure("PARSE_TIMEOUT"),
          });
        case "failed":
          charge(0, result.billed);
          return await unread(deps, job, submission, {
            outcome: result.permanent ? "reject" : "resubmit",
            code: result.code,
            message: submission.ocr && result.message === NO_TEXT_FOUND ? NO_TEXT_FOUND_WITH_OCR : result.message,
          });
        case "cancelled":
          charge(0, result.billed);
          return await unread(deps, job, submission, {
            outcome: "reject",
            ...failure("PARSE_CANCELLED"),
          });
        case "unknown":
          return await unread(deps, job, submission, {
            outcome: "resubmit",
            ...failure("PARSE_RESULT_GONE"),
          });
        case "completed":
          charge(
            result.pages.length + result.failedPages.length,
            result.billed,
          );
          return await keep(deps, job, submission, result);
      }
    },
  };
}

async function keep(
  { storage, submissions }: FetchResultDeps,
  job: Job,
  submission: Submission,
  result: ParsedPages,
): Promise<Settlement> {
  const { maxPages, maxTextBytes } = await submissions.bounds();
  const earlier = await readEarlier(storage, job, submission);
  const pages = mergeReading(earlier, result, submission.pages);
  if (pages.texts.length > maxPages) {
    return reject(failure("TOO_MANY_PAGES", { maxPages }));
  }

  const { texts, unread, empty } = pages;
  const hasText = unread.length + empty.length < texts.length;
  const askedFor = new Set(submission.pages ?? unread);
  const again = submission.isPageReparse ? [] : unread.filter((page) => askedFor.has(page));
  if (!hasText) {
    return again.length > 0 ? reparse(again) : noText(pages, submission);
  }

  const stored = await storeParsed(storage, job, joinPages(texts), {
    reading: submission.submissionId,
    maxTextBytes,
  });
  if ("rejected" in stored) return stored.rejected;
  // What is asked for once more is nothing to warn of yet.
  const known = {
    ...pages,
    unread: unread.filter((page) => !again.includes(page)),
  };
  const output: Output = {
    ...stored.output,
    warnings: pageWarnings(known, submission),
  };
  return again.length > 0 ? reparse(again, output) : done(output);
}

function reparse(pages: number[], parsed: Output = {}): Settlement {
  const output: Output = { ...parsed, pages_to_reparse: pages };
  return { outcome: "reparse_pages", output };
}

function noText({ unread }: Pages, { ocr }: Submission): Settlement {
  if (unread.length > 0) {
    return reject(failure("NO_PAGE_READ"));
  }
  return reject({
    code: "EMPTY_DOCUMENT",
    message: ocr ? NO_TEXT_FOUND_WITH_OCR : NO_TEXT_FOUND,
  });
}

/**
 * A parse without a result. If it was of pages that had failed before, the document continues
 * without them.
 */
async function unread(
  { storage }: FetchResultDeps,
  job: Job,
  submission: Submission,
  ending: Settlement & { code: string },
): Promise<Settlement> {
  if (!submission.isPageReparse) return ending;
  const earlier = await readEarlier(storage, job, submission);
  if (earlier.texts.every((text) => text === "")) return ending;
  const nothing = { pages: [], failedPages: [] };
  const pages = mergeReading(earlier, nothing, submission.pages);
  const warnings = pageWarnings(pages, submission);
  const output: Output = { warnings, submission_outcome: ending.code };
  return done(output);
}

async function readEarlier(
  storage: Storage,
  job: Job,
  { warnings }: Submission,
): Promise<Pages> {
  const pagesOf = (code: Warning["code"]) => warnings.find((warning) => warning.code === code)?.pages ?? [];
  const bytes = job.parsedPath && await storage.get(job.parsedPath);
  return {
    texts: bytes ? splitPages(new TextDecoder().decode(bytes), job.pageStarts) : [],
    unread: pagesOf("PAGES_UNREAD"),
    empty: pagesOf("PAGES_EMPTY"),
  };
}
