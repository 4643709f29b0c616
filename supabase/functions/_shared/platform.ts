/** What Supabase's edge runtime gives beside Deno. */
export interface Platform {
  /** Keeps the isolate alive for work that outlasts its answer. */
  waitUntil(work: Promise<unknown>): void;
}

declare const EdgeRuntime: Platform;

export const edgeRuntime: Platform = {
  waitUntil: (work) => EdgeRuntime.waitUntil(work),
};
