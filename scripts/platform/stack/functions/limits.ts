/** What hosted Edge Functions allow (https://supabase.com/docs/guides/functions/limits). */
export interface FunctionLimits {
  /** Bytes of JavaScript heap and buffers a process may hold. */
  memoryBytes: number;
  /** Milliseconds a process lives at most. From half of it on it takes no new requests. */
  wallClockMs: number;
  /** Milliseconds of CPU after which a process takes no new requests. Added up over its life, background work included. */
  cpuSoftMs: number;
  /** Milliseconds of CPU after which a process is killed. */
  cpuHardMs: number;
  /** Milliseconds of CPU with which a start is charged, whatever it took: see README.md. */
  cpuBootMs: number;
  /** The part of a limit (CPU, wall clock, memory) after which `beforeunload` names it. */
  unloadShare: number;
  /** Processes of one function that take requests at the same time, at most. */
  isolates: number;
  /** Requests that wait for each process's answer when another process is started. */
  crowd: number;
  /** Milliseconds until a request must have been answered with its first byte. */
  firstResponseMs: number;
  /** Milliseconds until a starting function must be listening. */
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
