import { ApiError } from "./requests.ts";

/** LlamaCloud's upload limit: so many in any ten seconds. Beyond it, 429 without `Retry-After`. */
export class UploadRate {
  #times: number[] = [];

  constructor(readonly most: number) {}

  /** Throws `ApiError` 429. */
  take(): void {
    const now = Date.now();
    this.#times = this.#times.filter((time) => time > now - 10_000);
    if (this.#times.length >= this.most) {
      throw new ApiError(429, "Rate limit exceeded");
    }
    this.#times.push(now);
  }
}
