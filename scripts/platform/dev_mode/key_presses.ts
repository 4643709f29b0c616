/** Takes single keys from a terminal; Ctrl-C keeps its meaning. Elsewhere there are none. */
export class KeyPresses implements Disposable {
  readonly isTerminal = Deno.stdin.isTerminal();
  readonly #waiting = new Map<string, () => void>();
  readonly #restore = () => Deno.stdin.setRaw(false);

  constructor() {
    if (!this.isTerminal) return;
    Deno.stdin.setRaw(true, { cbreak: true });
    addEventListener("unload", this.#restore);
    this.#read();
  }

  /** Calls back the next time that the key is pressed, in place of what waited for it before. */
  once(key: string, act: () => void): void {
    this.#waiting.set(key, act);
  }

  forget(key: string): void {
    this.#waiting.delete(key);
  }

  async #read(): Promise<void> {
    const bytes = new Uint8Array(16);
    for (
      let n = await Deno.stdin.read(bytes);
      n;
      n = await Deno.stdin.read(bytes)
    ) {
      for (const key of new TextDecoder().decode(bytes.subarray(0, n))) {
        const act = this.#waiting.get(key.toLowerCase());
        this.#waiting.delete(key.toLowerCase());
        act?.();
      }
    }
  }

  [Symbol.dispose](): void {
    if (!this.isTerminal) return;
    removeEventListener("unload", this.#restore);
    this.#restore();
  }
}
