/** What hosted Edge Functions allow (https://supabase.com/docs/guides/functions/limits). */
export interface FunctionLimits {
  /** Bytes of JavaScript heap and buffers a process may hold. */
  memoryBytes: number;
  /** Milliseconds that a process may live. After half of them it accepts no new requests. */
  wallClockMs: number;
  /** Milliseconds of CPU after which a process accepts no new requests, counted over its life with background work. */
  cpuSoftMs: number;
  /** Milliseconds of CPU after which a process is killed. */
  cpuHardMs: number;
  /** Milliseconds of CPU that each start counts for, whatever it used: see README.md. */
  cpuBootMs: number;
  /** The part of a limit (CPU, wall clock, memory) after which `beforeunload` names it. */
  unloadShare: number;
  /** Processes of one function that take requests at the same time, at most. */
  isolates: number;
  /** So many waiting requests per process start another process. */
  crowd: number;
  /** Milliseconds until the first byte of an answer. */
  firstResponseMs: number;
  /** Milliseconds until a starting function must listen. */
  bootMs: number;
  /** Bytes of a request's body, declared or streamed. */
  bodyBytes: number;
  /** Milliseconds that processes get to finish when the stack stops. */
  stopMs: number;
}

/** The limits of hosted's paid plans; `cpuBootMs`, `isolates`, `crowd`, `bootMs` and `stopMs` are our own. */
export const HOSTED_LIMITS: FunctionLimits = {
  memoryBytes: 256 * 2 ** 20,
  wallClockMs: 400_000,
  cpuSoftMs: 1_000,
  cpuHardMs: 2_000,
  cpuBootMs: 100,
  unloadShare: 0.9,
  isolates: 2,
  crowd: 8,
  firstResponseMs: 150_000,
  bootMs: 10_000,
  bodyBytes: 20 * 2 ** 20,
  stopMs: 3_000,
};
