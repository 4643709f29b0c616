import { fileType } from "../_shared/file_types.ts";
import { sha256Hex } from "../_shared/hash.ts";
import type { LlamaParse } from "../_shared/llamaparse.ts";
import type { Storage } from "../_shared/storage.ts";
import type { Submissions } from "./submissions.ts";
import { storeParsed } from "./parsed_text.ts";
import { done, type Job, reject, type Stage } from "./stage.ts";
import { verifyFile } from "./verify_file.ts";

export interface ParseDeps {
  storage: Storage;
  llamaparse: LlamaParse;
  submissions: Submissions;
  /** Where LlamaParse can call us back about a job, or null if it cannot reach us and must be asked. */
  webhookFor(jobId: string): { url: string; secret: string } | null;
}

/**
 * uploaded → parse_queued: see that what landed is what was announced, and hand it to LlamaParse. Plain text and Markdown
 * need no parser: uploaded → parsed → parse_validated.
 */
export function createParse(deps: ParseDeps): Stage {
  const { storage, llamaparse, submissions, webhookFor } = deps;
  return {
    name: "parse",

    async run(job) {
      const bytes = await storage.get(job.rawPath);
      const fault = bytes
        ? verifyFile(bytes, await sha256Hex(bytes), job)
        : missingFile;
      if (!bytes || fault) {
        const { code, message } = fault ?? missingFile;
        return reject(code, message);
      }

      if (fileType(job.mime)?.isMarkdown) {
        return await storeParsed(storage, job, {
          markdown: new TextDecoder().decode(bytes),
          pageStarts: [],
        }, "parsed");
      }

      const submission = await submissions.begin(job.lease);
      if (!submission) return "lost";
      const { submissionId, requestedAt, isNew } = submission;

      // An attempt that died after submitting has paid already.
      const earlier = isNew
        ? null
        : await llamaparse.find(submissionId, requestedAt);
      const { providerJobId } = earlier ?? await llamaparse.submit({
        bytes,
        filename: neutralName(job),
        mime: job.mime,
        submissionId,
        // One more than is allowed tells a document at the limit from one beyond it.
        maxPages: await submissions.maxPages() + 1,
        webhook: webhookFor(job.jobId) ?? undefined,
      });
      return done({
        submission_id: submissionId,
        provider_job_id: providerJobId,
      });
    },
  };
}

const missingFile = {
  code: "FILE_MISSING",
  message: "the uploaded file is no longer there; upload it again",
};

/** What the provider sees: the user's own file name is nobody else's business. */
function neutralName(job: Job): string {
  return `document.${fileType(job.mime)?.extension ?? "bin"}`;
}
