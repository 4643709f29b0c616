import type { Billed, LlamaParse } from "../_shared/llamaparse.ts";
import type { Storage } from "../_shared/storage.ts";
import { parseCharge } from "./charges.ts";
import { storeParsed } from "./parsed_text.ts";
import { reject, type Stage } from "./stage.ts";
import type { Submissions } from "./submissions.ts";
import { tooManyPages } from "./verify_contents.ts";

export interface CollectDeps {
  storage: Storage;
  llamaparse: LlamaParse;
  submissions: Submissions;
  /** At which LlamaParse charges, should it not say itself. */
  tier: string;
}

/** parse_queued → parsed → parse_validated: fetch what LlamaParse made of the document, and store it. */
export function createCollect(deps: CollectDeps): Stage {
  const { storage, llamaparse, submissions, tier } = deps;
  return {
    name: "collect",

    async run(job, _signal, charges) {
      const submission = await submissions.current(job.jobId);
      if (!submission) throw new Error("the job has no open submission");
      const { submissionId, providerJobId, isOverdue } = submission;

      const result = await llamaparse.result(providerJobId);
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
          return {
            outcome: "resubmit",
            code: "PARSE_TIMEOUT",
            message: "the parser did not finish in time",
          };
        case "failed":
          charge(0, result.billed);
          return {
            outcome: result.permanent ? "reject" : "resubmit",
            code: result.code,
            message: result.message,
          };
        case "cancelled":
          charge(0, result.billed);
          return reject("PARSE_CANCELLED", "the parser was stopped");
        case "unknown":
          return {
            outcome: "resubmit",
            code: "PARSE_RESULT_GONE",
            message: "the parser no longer has the result",
          };
        case "completed": {
          const numbers = [...result.pages, ...result.failedPages]
            .map(({ page }) => page);
          charge(numbers.length, result.billed);
          const { maxPages, maxTextBytes } = await submissions.bounds();
          if (Math.max(0, ...numbers) > maxPages) {
            const { code, message } = tooManyPages(maxPages);
            return reject(code, message);
          }
          return await storeParsed(
            storage,
            job,
            { ...joinPages(result.pages), maxTextBytes },
            "done",
          );
        }
      }
    },
  };
}

/**
 * One Markdown text of all pages, in order, and where each page begins in it (UTF-16 code units). A page that is missing
 * counts as empty, so that the numbers of the others stay right.
 */
export function joinPages(
  pages: { page: number; markdown: string }[],
): { markdown: string; pageStarts: number[] } {
  const byNumber = new Map(pages.map((page) => [page.page, page.markdown]));
  const last = Math.max(0, ...byNumber.keys());
  const pageStarts: number[] = [];
  let markdown = "";
  for (let number = 1; number <= last; number++) {
    pageStarts.push(markdown.length);
    const text = byNumber.get(number)?.trim();
    if (text) markdown += `${text}\n\n`;
  }
  return { markdown, pageStarts };
}
