import { failure } from "../_shared/error_codes.ts";
import { decodeText } from "../_chunker/decode_text.ts";
import { done, type Job, reject, type Settlement, type Stage } from "../_engine/stage.ts";
import { fileType } from "../_inspect/file_types.ts";
import { typeOf } from "../_inspect/type_of.ts";
import { type Contents, verifyContents } from "../_inspect/verify_contents.ts";
import { type FileFault, verifyFile } from "../_inspect/verify_file.ts";
import type { Composite } from "../_engine/composite.ts";
import type { LlamaParse, Webhook } from "../_providers/llamaparse.ts";
import type { Scanner } from "../_providers/scanner.ts";
import type { Storage } from "../_providers/storage.ts";
import { sha256Hex } from "../_shared/hash.ts";
import { storeParsed } from "./parsed_text.ts";
import type { Submissions } from "./submissions.ts";

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
 * uploaded → parse_queued: verify the uploaded bytes and submit them to LlamaParse. Plain text and Markdown
 * need no parser: uploaded → parsed → parse_validated.
 */
export function createParse(deps: ParseDeps): Stage {
  const { storage, llamaparse, submissions, scanner, webhookFor } = deps;
  return {
    name: "parse",

    async run(announced) {
      const bytes = await takeOriginal(storage, announced);
      if (!bytes) return reject(failure("FILE_MISSING"));
      const { maxPages, maxTextBytes, maxFailedPageRatio, ocrLanguages } = await submissions.bounds();
      const mime = await typeOf(
        bytes,
        announced.mime,
        () => submissions.naming(announced.documentId),
      );
      const job = { ...announced, mime };
      const contents = await inspect(bytes, job, maxPages, scanner);
      if ("fault" in contents) {
        return reject(contents.fault);
      }

      if (fileType(mime)?.isMarkdown) {
        if (!await submissions.accept(job.lease, mime)) return "lost";
        return await keepText(storage, job, bytes, maxTextBytes);
      }

      const { pageCount } = contents;
      const submission = await submissions.begin(job.lease, mime, pageCount);
      if (!submission) return "lost";
      if (submission.waitSeconds !== null) {
        return {
          outcome: "pause",
          afterSeconds: Math.min(submission.waitSeconds, LONGEST_WAIT_SECONDS),
          code: "DAILY_PAGES_SPENT",
        };
      }
      const { submissionId, requestedAt, isNew, pages, ocr } = submission;

      // An attempt that died after submitting has paid already.
      const earlier = isNew ? null : await llamaparse.find(submissionId, requestedAt);
      const { providerJobId } = earlier ?? await llamaparse.submit({
        bytes,
        mime: job.mime,
        submissionId,
        // One page more than allowed distinguishes a document at the limit from one beyond it.
        maxPages: maxPages + 1,
        pages,
        ocr,
        ocrLanguages,
        maxFailedPageRatio,
        webhook: webhookFor(job) ?? undefined,
      });
      const output: Composite<"parse_output"> = {
        submission_id: submissionId,
        provider_job_id: providerJobId,
      };
      return done(output);
    },
  };
}

/**
 * Moves the uploaded bytes to where only the worker can write, and reads them: the holder of the upload URL could
 * replace them at any time, also while they are verified.
 */
async function takeOriginal(
  storage: Storage,
  { rawPath, originalPath, isVerified }: Job,
): Promise<Uint8Array | null> {
  // If an earlier attempt has moved them, a later upload at rawPath is ignored.
  if (!isVerified) await storage.move(rawPath, originalPath);
  return await storage.get(originalPath);
}

async function keepText(
  storage: Storage,
  job: Job,
  bytes: Uint8Array,
  maxTextBytes: number,
): Promise<Settlement> {
  const text = decodeText(bytes);
  if (text === null) {
    return reject(failure("TEXT_UNREADABLE"));
  }
  if (text.trim() === "") {
    return reject(failure("EMPTY_DOCUMENT"));
  }
  const stored = await storeParsed(
    storage,
    job,
    { markdown: text, pageStarts: [] },
    { reading: null, maxTextBytes },
  );
  return "rejected" in stored ? stored.rejected : { outcome: "parsed", output: stored.output };
}

/** After which it is looked whether the day's pages have been raised meanwhile. */
const LONGEST_WAIT_SECONDS = 3600;

/** What the file says of itself, or why it is refused. */
async function inspect(
  bytes: Uint8Array,
  job: Job,
  maxPages: number,
  scanner: Scanner | undefined,
): Promise<Contents | { fault: FileFault }> {
  const fault = verifyFile(bytes, await sha256Hex(bytes), job);
  if (fault) return { fault };
  const contents = verifyContents(bytes, job.mime, maxPages);
  if ("fault" in contents) return contents;
  const malware = await findMalware(bytes, scanner);
  return malware ? { fault: malware } : contents;
}

async function findMalware(
  bytes: Uint8Array,
  scanner: Scanner | undefined,
): Promise<FileFault | null> {
  const found = await scanner?.scan(bytes);
  if (!found) return null;
  return failure("MALWARE_FOUND", { malware: found });
}
