/** A file on a disk, as a browser hands it out: what is read of it depends on the disk at that moment. */
export class ChangingFile extends File {
  #bytes: Uint8Array<ArrayBuffer>;
  #error: Error | null = null;
  /** Called before each read. */
  onRead: () => void | Promise<void> = () => {};

  constructor(bytes: Uint8Array<ArrayBuffer>, name = "a.pdf") {
    super([bytes], name, { type: "application/pdf" });
    this.#bytes = bytes;
  }

  /** Replaces the file, as browsers do that do not notice. */
  change(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
  }

  /** Makes it unreadable, as browsers do that notice. */
  fail(name: "NotReadableError" | "NotFoundError"): void {
    this.#error = new DOMException("The file cannot be read.", name);
  }

  override slice(start = 0, end = this.size, type = ""): Blob {
    const part = new Blob([this.#bytes.subarray(start, Math.min(end, this.#bytes.length))], { type });
    part.arrayBuffer = async () => {
      await this.onRead();
      if (this.#error) throw this.#error;
      return this.#bytes.slice(start, Math.min(end, this.#bytes.length)).buffer;
    };
    // A part of the whole is read by parts of its own.
    part.slice = (from = 0, to = part.size, partType = "") =>
      this.slice(start + from, Math.min(start + to, end), partType);
    return part;
  }
}
