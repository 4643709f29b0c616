import { fileType } from "../_shared/file_types.ts";
import { sha256Hex } from "../_shared/hash.ts";
import type { LlamaParse, Webhook } from "../_shared/llamaparse.ts";
import type { Scanner } from "../_shared/scanner.ts";
import type { Storage } from "../_shared/storage.ts";
import type { Submissions } from "./submissions.ts";
import { storeParsed } from "./parsed_text.ts";
import { done, type Job, reject, type Stage } from "./stage.ts";
import { verifyContents } from "./verify_contents.ts";
import { type FileFault, verifyFile } from "./verify_file.ts";

export interface ParseDeps {
  storage: Storage;
  llamaparse: LlamaParse;
  submissions: Submissions;
  /** Left out where the project has none. */
  scanner?: Scanner;
  /** Where LlamaParse can call us back about a job, or null if it cannot reach us and must be asked. */
  webhookFor(job: Job): Webhook | null;
}

/**
 * uploaded → parse_queued: see that what landed is what was announced, and hand it to LlamaParse. Plain text and Markdown
 * need no parser: uploaded → parsed → parse_validated.
 */
export function createParse(deps: ParseDeps): Stage {
  const { storage, llamaparse, submissions, scanner, webhookFor } = deps;
  return {
    name: "parse",

    async run(job) {
      const bytes = await storage.get(job.rawPath);
      if (!bytes) return reject("FILE_MISSING", MISSING);
      const { maxPages, maxTextBytes } = await submissions.bounds();
      const fault = verifyFile(bytes, await sha256Hex(bytes), job) ??
        verifyContents(bytes, job.mime, maxPages) ??
        await findMalware(bytes, scanner);
      if (fault) return reject(fault.code, fault.message);

      if (fileType(job.mime)?.isMarkdown) {
        return await storeParsed(storage, job, {
          markdown: new TextDecoder().decode(bytes),
          pageStarts: [],
          maxTextBytes,
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
        maxPages: maxPages + 1,
        webhook: webhookFor(job) ?? undefined,
      });
      return done({
        submission_id: submissionId,
        provider_job_id: providerJobId,
      });
    },
  };
}

const MISSING = "the uploaded file is no longer there; upload it again";

async function findMalware(
  bytes: Uint8Array,
  scanner: Scanner | undefined,
): Promise<FileFault | null> {
  const found = await scanner?.scan(bytes);
  if (!found) return null;
  return {
    code: "MALWARE_FOUND",
    message: `the virus scanner found ${found} in the file`,
  };
}

/** What the provider sees: the user's own file name is nobody else's business. */
function neutralName(job: Job): string {
  return `document.${fileType(job.mime)?.extension ?? "bin"}`;
}
