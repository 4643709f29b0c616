import { composeWorker } from "./compose.ts";

/** Supabase's edge runtime: keeps the isolate alive for work that outlasts its answer. */
declare const EdgeRuntime: { waitUntil(work: Promise<unknown>): void };

const shutdown = new AbortController();
addEventListener("beforeunload", () => shutdown.abort());

const app = composeWorker({
  waitUntil: (work) => EdgeRuntime.waitUntil(work),
  shutdown: shutdown.signal,
});
Deno.serve(app.fetch);
