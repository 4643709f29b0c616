import type { AppContext } from "./app_context.ts";

/** The body's length in bytes, if the request declares it. */
export function lengthOf({ req }: AppContext): number | null {
  if (req.header("transfer-encoding") !== undefined) return null;
  const length = req.header("content-length") ?? "";
  return /^\d+$/.test(length) ? Number(length) : null;
}

/** Releases a reservation; call it once. */
export type Release = () => void;

/**
 * Limits the bytes of request bodies that an isolate holds in memory at once, in all and per caller, so that a caller
 * who sends several large bodies at once waits without blocking others.
 */
export class BytesInFlight {
  #total = 0;
  #byCaller = new Map<string, number>();

  constructor(private readonly most: { inAll: number; ofCaller: number }) {}

  /**
   * @param bytes at most `ofCaller`
   * @returns null if a limit would be exceeded now
   */
  reserve(caller: string, bytes: number): Release | null {
    const held = this.#byCaller.get(caller) ?? 0;
    if (held + bytes > this.most.ofCaller) return null;
    if (this.#total + bytes > this.most.inAll) return null;
    this.#total += bytes;
    this.#byCaller.set(caller, held + bytes);
    return () => {
      this.#total -= bytes;
      const left = this.#byCaller.get(caller)! - bytes;
      if (left > 0) this.#byCaller.set(caller, left);
      else this.#byCaller.delete(caller);
    };
  }
}
