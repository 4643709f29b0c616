import LlamaCloud, { APIError } from "@llamaindex/llama-cloud";
import { Option } from "commander";
import { formatTime, showTable } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { readTime } from "./values.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** LlamaParse keeps results for 48 hours. */
const DEFAULT_SPAN = "48h";
const PAGE_SIZE = 100;
/** The tolerated delay between the states of LlamaParse and the database. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** How long an ended parse may go unnoticed: the longest pause between two polls, and the work after it. */
const NEWS_MS = 5 * 60_000;

export const addReconciliation: AddCommands = (program, perform) => {
  program.command("reconcile")
    .description(
      "compares LlamaParse's jobs and files with the database",
    )
    .addOption(
      new Option("--from <time>", "since when").argParser(readTime)
        .default(readTime(DEFAULT_SPAN), `${DEFAULT_SPAN} ago`),
    )
    .addHelpText(
      "after",
      "\nRead-only. Exit code 1 if they differ.\n" +
        examples("reconcile", "reconcile --from 7d --json"),
    )
    .action(perform(reconcile));
};

/** A parse in LlamaParse's list. */
export interface TheirJob {
  id: string;
  status: string;
  submissionId: string | null;
  createdAt: Date | null;
  updatedAt: Date | null;
}

/** A submission in the database. */
export interface OurSubmission {
  submission_id: string;
  provider_job_id: string | null;
  document_id: string | null;
  requested_at: Date;
  submitted_at: Date | null;
  finished_at: Date | null;
  outcome: string | null;
}

export interface Difference {
  kind:
    | "only_there"
    | "only_here"
    | "ended_there"
    | "still_running_there";
  what: string;
  provider_job_id: string | null;
  submission_id: string | null;
  document_id: string | null;
  since: Date | null;
}

async function reconcile(
  { target, report, signal }: Session,
  { from }: { from: Date },
): Promise<void> {
  const account = await target.llamaparse();
  const sql = await target.database();
  const [theirs, files] = await askLlamaParse(account, from, signal);
  const ours = await sql<OurSubmission[]>`
    select s.submission_id, s.provider_job_id, j.document_id, s.requested_at, s.submitted_at, s.finished_at, s.outcome
    from pipeline_internal.submissions s join upload_pipeline.upload_jobs j using (job_id)
    where s.requested_at >= ${new Date(from.getTime() - CLOCK_SKEW_MS)}`;
  const awaitingCancellation = await sql<{ submission_id: string }[]>`
    select submission_id from pipeline_internal.parse_cancellations`;
  const differences = compare(theirs, ours, {
    from,
    now: new Date(),
    cancelled: new Set(awaitingCancellation.map((row) => row.submission_id)),
  });
  const foreign = theirs.filter(({ submissionId }) => !submissionId).length;

  report.answer(
    {
      since: from,
      jobs_there: theirs.length,
      submissions_here: ours.length,
      of_others: foreign,
      files_there: files,
      differences,
    },
    (screen) => {
      screen.row("Since", `${formatTime(from)} UTC`);
      screen.row(
        "At LlamaParse",
        `${theirs.length} jobs, ${foreign} of others`,
      );
      screen.row("Here", `${ours.length} submissions`);
      screen.row(
        "Files there",
        `${files.length}of others (the pipeline leaves none)`,
      );
      screen.blank();
      showTable(
        screen,
        ["difference", "LlamaParse's job", "document", "since (UTC)"],
        differences.map((one) => [
          one.what,
          one.provider_job_id,
          one.document_id,
          one.since,
        ]),
        "LlamaParse and the database agree.",
      );
    },
  );
  if (differences.length > 0) {
    throw new ErrorWithRemedy(
      `LlamaParse and the database have ${differences.length} differences.`,
      "See docs/runbook.md for each difference.",
      { code: "not_reconciled" },
    );
  }
}

/** States that only LlamaParse or only the database knows, or that differ. Jobs of others do not count. */
export function compare(
  theirs: TheirJob[],
  ours: OurSubmission[],
  { from, now, cancelled }: { from: Date; now: Date; cancelled: Set<string> },
): Difference[] {
  const bySubmission = new Map(ours.map((one) => [one.submission_id, one]));
  const byJob = new Map(theirs.map((one) => [one.id, one]));
  const differences: Difference[] = [];

  for (const job of theirs) {
    if (!job.submissionId) continue;
    const submission = bySubmission.get(job.submissionId);
    const difference = (kind: Difference["kind"], what: string) =>
      differences.push({
        kind,
        what,
        provider_job_id: job.id,
        submission_id: job.submissionId,
        document_id: submission?.document_id ?? null,
        since: job.updatedAt ?? job.createdAt,
      });
    const goesOn = job.status === "PENDING" || job.status === "RUNNING";
    const endedAt = job.updatedAt ?? job.createdAt;
    if (!submission) {
      // A document that was deleted meanwhile leaves only an unwanted parse.
      if (goesOn && !cancelled.has(job.submissionId)) {
        difference("only_there", `${job.status} there, unknown here`);
      }
    } else if (goesOn && submission.finished_at) {
      difference(
        "still_running_there",
        `${job.status} there, ${submission.outcome} here`,
      );
    } else if (
      !goesOn && !submission.finished_at &&
      (!endedAt || now.getTime() - endedAt.getTime() > NEWS_MS)
    ) {
      difference("ended_there", `${job.status} there, awaited here`);
    }
  }
  for (const submission of ours) {
    const { provider_job_id, submitted_at } = submission;
    if (!provider_job_id || !submitted_at || submitted_at < from) continue;
    if (!byJob.has(provider_job_id)) {
      differences.push({
        kind: "only_here",
        what: submission.finished_at ? `unknown there, ${submission.outcome} here` : "unknown there, awaited here",
        provider_job_id,
        submission_id: submission.submission_id,
        document_id: submission.document_id,
        since: submitted_at,
      });
    }
  }
  return differences;
}

interface TheirFile {
  id: string;
  name: string;
  external_file_id: string | null;
}

async function askLlamaParse(
  { apiUrl, apiKey }: { apiUrl: string; apiKey: string },
  from: Date,
  signal: AbortSignal,
): Promise<[TheirJob[], TheirFile[]]> {
  const client = new LlamaCloud({ apiKey, baseURL: apiUrl, logLevel: "off" });
  try {
    const jobs: TheirJob[] = [];
    for await (
      const job of client.parsing.list({
        created_at_on_or_after: from.toISOString(),
        page_size: PAGE_SIZE,
      }, { signal })
    ) {
      const tag = job.user_metadata?.submission_id;
      jobs.push({
        id: job.id,
        status: job.status,
        submissionId: typeof tag === "string" ? tag : null,
        createdAt: timeOf(job.created_at),
        updatedAt: timeOf(job.updated_at),
      });
    }
    const files: TheirFile[] = [];
    for await (
      const { id, name, external_file_id = null } of client.files.list({
        page_size: PAGE_SIZE,
      }, { signal })
    ) {
      files.push({ id, name, external_file_id });
    }
    return [jobs, files];
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof APIError)) throw error;
    throw new ErrorWithRemedy(
      `LlamaParse at ${apiUrl} answered ${error.status ?? "nothing"}: ${error.message}`,
      "Check LLAMAPARSE_API_KEY and LLAMAPARSE_API_URL.",
      { code: "llamaparse_refused", cause: error },
    );
  }
}

function timeOf(text: string | null | undefined): Date | null {
  return text ? new Date(text) : null;
}
