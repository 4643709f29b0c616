import type { LlamaParse } from "../_providers/llamaparse.ts";
import type { Storage } from "../_providers/storage.ts";
import type { Sql } from "../_shared/database.ts";
import type { Logger } from "../_shared/log.ts";

/** Storage removes up to 1,000 objects a call. */
const FILES_AT_ONCE = 200;
const CANCELLATIONS_AT_ONCE = 10;
/** With their backoff these take about two hours, by which time a parse has ended. */
const MOST_ATTEMPTS = 8;

export interface CleanupDeps {
  sql: Sql;
  storage: Pick<Storage, "remove">;
  llamaparse: Pick<LlamaParse, "find" | "cancel" | "forget">;
}

/** How much a cleanup removed. */
export interface CleanupResult {
  files: number;
  parses: number;
}

/**
 * Removes what deleted documents and expired uploads leave outside the database: files in Storage and unfinished parses
 * at LlamaParse. It may run at any time and twice at once; the sweeper calls again for the rest.
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
 * Looks again after every batch: a call that came meanwhile did nothing, since this one was running.
 * @returns how many files were removed; none while another call is running
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
 * The rows stay locked until Storage has answered: a registration of the same document waits for that, and its upload
 * is not removed.
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
      where cleanup_no = any(${requests.map(({ cleanup_no }) => cleanup_no)}::bigint[])`;
    return requests.length;
  });
}

interface Cancellation {
  submission_id: string;
  provider_job_id: string | null;
  submission_requested_at: Date;
  attempt_count: number;
}

/** A cancellation that fails is retried later, up to a last attempt. */
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

/** Looks first for a submission whose answer was not recorded; it may not exist. */
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
