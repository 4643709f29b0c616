import { throwIfAborted } from "./abort.ts";
import { PipelineError } from "./pipeline_error.ts";

/**
 * The bytes behind a signed URL.
 * @throws {PipelineError} `network_error`, or `unexpected_answer` with Storage's status
 */
export async function fetchFile(url: string, signal: AbortSignal | undefined): Promise<Blob> {
  try {
    const response = await fetch(url, { signal });
    if (response.ok) return await response.blob();
    const { status } = response;
    throw new PipelineError("unexpected_answer", `Storage answered ${status}.`, { status });
  } catch (cause) {
    throwIfAborted(signal);
    if (cause instanceof PipelineError) throw cause;
    throw new PipelineError("network_error", "The connection broke while the file was received.", { cause });
  }
}
