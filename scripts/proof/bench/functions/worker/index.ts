import { createLeases } from "../../../../../supabase/functions/_engine/leases.ts";
import { connect } from "../../../../../supabase/functions/_shared/database.ts";
import { createLogger } from "../../../../../supabase/functions/_shared/log.ts";
import { createWorker } from "../../../../../supabase/functions/worker/app.ts";
import { createNoopStages } from "../../engine/noop_stages.ts";
import { createReporter } from "../../reporter.ts";

declare const EdgeRuntime: { waitUntil(work: Promise<unknown>): void };

/** The worker function as deployed, with stages that do nothing. */
const shutdown = new AbortController();
addEventListener("beforeunload", () => shutdown.abort());

const sql = connect(Deno.env.get("SUPABASE_DB_URL")!);
const app = createWorker({
  stages: createNoopStages(
    createReporter(Deno.env.get("BENCH_COLLECTOR_URL")!),
  ),
  leases: createLeases(sql),
  // Measured documents have no files.
  cleanup: () => Promise.resolve({ files: 0, parses: 0 }),
  notify: () => Promise.resolve({ delivered: 0, failed: 0 }),
  secrets: [Deno.env.get("WORKER_SECRET")!],
  budgetMs: 110_000,
  logger: createLogger("worker"),
  waitUntil: (work) => EdgeRuntime.waitUntil(work),
  shutdown: shutdown.signal,
});
Deno.serve(app.fetch);
