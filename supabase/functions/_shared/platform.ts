/** What Supabase's edge runtime provides in addition to Deno. */
export interface Platform {
  /** Keeps the isolate alive for work that outlasts the response. */
  waitUntil(work: Promise<unknown>): void;
}

declare const EdgeRuntime: Platform;

export const edgeRuntime: Platform = {
  waitUntil: (work) => EdgeRuntime.waitUntil(work),
};
