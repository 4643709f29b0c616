import type { LlamaParse } from "../_providers/llamaparse.ts";
import type { Storage } from "../_providers/storage.ts";
import type { Sql } from "../_shared/database.ts";
import type { Logger } from "../_shared/log.ts";

/** Storage removes up to 1,000 objects a call. */
const FILES_AT_ONCE = 200;
const CANCELLATIONS_AT_ONCE = 10;
/** With their pauses this is about two hours; a parse has ended by then. */
const MOST_ATTEMPTS = 8;

export interface CleanupDeps {
  sql: Sql;
  storage: Pick<Storage, "remove">;
  llamaparse: Pick<LlamaParse, "find" | "cancel" | "forget">;
}

/** How much was put away. */
export interface CleanupResult {
  files: number;
  parses: number;
}

/**
 * Puts away what deleted documents and expired uploads leave outside the database: their files in Storage and their
 * unfinished parses at LlamaParse. Safe to run at any time and twice at once; the sweeper calls again for what is left.
 */
export async function cleanup(
  deps: CleanupDeps,
  log: Logger,
): Promise<CleanupResult> {
  const [files, parses] = await Promise.all([
    removeFiles(deps).catch((error) => {
      log.warn("files were not removed", { error });
      return 0;
    }),
    cancelParses(deps, log),
  ]);
  return { files, parses };
}

/**
 * Looks again after every removal: a call that came meanwhile has left to this one what it was called for.
 * @returns how many files were removed; none while another call is at it
 */
async function removeFiles(deps: CleanupDeps): Promise<number> {
  let count = 0;
  for (;;) {
    const removed = await removeSomeFiles(deps);
    if (removed === 0) return count;
    count += removed;
  }
}

/**
 * The requests stay locked until Storage has answered: who registers the same document again waits for that, and what
 * they upload then is not removed.
 */
async function removeSomeFiles({ sql, storage }: CleanupDeps): Promise<number> {
  return await sql.begin(async (tx) => {
    const [{ alone }] = await tx<{ alone: boolean }[]>`
      select pg_try_advisory_xact_lock(hashtextextended('pipeline_internal.file_cleanups', 0)) as alone`;
    if (!alone) return 0;
    const requests = await tx<{ cleanup_no: string; path: string }[]>`
      select cleanup_no, path from pipeline_internal.file_cleanups
      order by cleanup_no limit ${FILES_AT_ONCE} for update skip locked`;
    if (requests.length === 0) return 0;

    await storage.remove([...new Set(requests.map(({ path }) => path))]);
    await tx`
      delete from pipeline_internal.file_cleanups
      where cleanup_no = any(${
      requests.map(({ cleanup_no }) => cleanup_no)
    }::bigint[])`;
    return requests.length;
  });
}

interface Cancellation {
  submission_id: string;
  provider_job_id: string | null;
  submission_requested_at: Date;
  attempt_count: number;
}

/** One that fails is tried again later, and not for ever. */
async function cancelParses(deps: CleanupDeps, log: Logger): Promise<number> {
  const { sql } = deps;
  const due = await sql<Cancellation[]>`
    select submission_id, provider_job_id, submission_requested_at, attempt_count
    from pipeline_internal.begin_cancellations(${CANCELLATIONS_AT_ONCE})`;
  const outcomes = await Promise.all(due.map(async (cancellation) => {
    const { submission_id, attempt_count } = cancellation;
    const last = attempt_count >= MOST_ATTEMPTS;
    try {
      await cancel(cancellation, deps);
    } catch (error) {
      log[last ? "error" : "warn"]("a parse was not cancelled", {
        submission_id,
        attempt: attempt_count,
        error,
      });
      if (!last) return false;
    }
    await sql`
      delete from pipeline_internal.parse_cancellations where submission_id = ${submission_id}`;
    return true;
  }));
  return outcomes.filter(Boolean).length;
}

/** A submission whose answer nobody recorded is looked for first; there may be none. */
async function cancel(
  { submission_id, provider_job_id, submission_requested_at }: Cancellation,
  { llamaparse }: CleanupDeps,
): Promise<void> {
  const providerJobId = provider_job_id ??
    (await llamaparse.find(submission_id, submission_requested_at))
      ?.providerJobId;
  if (providerJobId === undefined) return;
  await llamaparse.cancel(providerJobId);
  await llamaparse.forget(providerJobId);
}
