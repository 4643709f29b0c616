import type { PipelineClient } from "supabase-document-pipeline-client";

/** Why a document cannot be shown page by page. */
export type Unviewable = "not_pdf" | "too_large" | "protected" | "damaged" | "too_slow" | "not_loaded";

export class UnviewableError extends Error {
  readonly reason: Unviewable;
  constructor(reason: Unviewable, options?: ErrorOptions) {
    super(`The document cannot be shown: ${reason}.`, options);
    this.name = "UnviewableError";
    this.reason = reason;
  }
}

/** The bytes of a file, which pdf.js takes a multiple of in memory. */
export const LARGEST_BYTES = 200_000_000;

/** The user's files as they were uploaded. Each is downloaded once during a visit. */
export class Originals {
  #pipeline: Pick<PipelineClient, "status" | "download" | "onUser">;
  #files = new Map<string, Promise<Blob>>();
  #visit = new AbortController();
  #stopListening: (() => void) | undefined;
  #userId: string | null | undefined;

  constructor(pipeline: Pick<PipelineClient, "status" | "download" | "onUser">) {
    this.#pipeline = pipeline;
  }

  /** @throws {UnviewableError} without a download, if the file is no PDF or too large; what the client throws */
  get(documentId: string): Promise<Blob> {
    this.#stopListening ??= this.#pipeline.onUser((userId) => this.#hearUser(userId));
    const known = this.#files.get(documentId);
    if (known) return known;
    const file = this.#load(documentId, this.#visit.signal);
    this.#files.set(documentId, file);
    // What failed may be asked again.
    file.catch(() => this.#files.get(documentId) === file && this.#files.delete(documentId));
    return file;
  }

  async #load(documentId: string, signal: AbortSignal): Promise<Blob> {
    const { mime, bytes_len } = await this.#pipeline.status(documentId, { signal });
    if (mime !== "application/pdf") throw new UnviewableError("not_pdf");
    if (bytes_len > LARGEST_BYTES) throw new UnviewableError("too_large");
    return await this.#pipeline.download(documentId, { signal });
  }

  /** Another user has no part in them. */
  #hearUser(userId: string | null): void {
    if (this.#userId !== undefined && userId !== this.#userId) {
      this.#visit.abort();
      this.#visit = new AbortController();
      this.#files.clear();
    }
    this.#userId = userId;
  }
}
