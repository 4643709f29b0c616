import { reasonOf, throwIfAborted } from "./abort.ts";
import { PipelineError } from "./pipeline_error.ts";

/** How many bytes of a file are sent. Decreases when some are sent again. */
export interface UploadProgress {
  sentBytes: number;
  totalBytes: number;
}

interface SendOptions {
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
  /**
   * Reads bytes of the file from `start` to before `end`, and throws `file_changed` if they are others than those that
   * were registered. Without it, read the file itself.
   */
  read?: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Sends a file to a signed URL. Throws the signal's reason or a `PipelineError`: `network_error`, or `upload_refused`
 * with Storage's status.
 */
export type SendBytes = (
  signedUrl: string,
  file: Blob,
  options: SendOptions,
) => Promise<void>;

/**
 * PUTs a file to a signed URL. Only XMLHttpRequest, which only browsers have, reports its progress; elsewhere the bytes
 * that the connection has accepted are counted.
 * @throws {PipelineError} `network_error`, or `upload_refused` with Storage's status
 */
export const putBytes: SendBytes = async (url, file, options) => {
  throwIfAborted(options.signal);
  const { status, text } = options.onProgress && "XMLHttpRequest" in globalThis
    ? await putByXhr(url, file, options)
    : await putByFetch(url, file, options);
  if (status >= 200 && status < 300) return;
  throw new PipelineError(
    "upload_refused",
    `Storage answered ${status}: ${text.slice(0, 500)}`,
    { status },
  );
};

interface PutAnswer {
  status: number;
  text: string;
}

async function putByFetch(
  url: string,
  file: Blob,
  { onProgress, signal }: SendOptions,
): Promise<PutAnswer> {
  // A stream has no length that Storage could check in advance; it is used only to count bytes.
  const body = onProgress ? countBytes(file, onProgress) : file;
  const init: RequestInit & { duplex: "half" } = {
    method: "PUT",
    headers: { "content-type": file.type },
    body,
    signal,
    // The fetch standard requires this when a body is a stream.
    duplex: "half",
  };
  try {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    throwIfAborted(signal);
    throw interrupted(cause);
  }
}

function countBytes(
  file: Blob,
  onProgress: (progress: UploadProgress) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const totalBytes = file.size;
  let sentBytes = 0;
  return file.stream().pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        sentBytes += chunk.byteLength;
        onProgress({ sentBytes, totalBytes });
      },
    }),
  );
}

/** The part of XMLHttpRequest that is used; the browser's types are not available everywhere. */
interface Xhr {
  status: number;
  responseText: string;
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: Blob): void;
  abort(): void;
}

function putByXhr(
  url: string,
  file: Blob,
  { onProgress, signal }: SendOptions,
): Promise<PutAnswer> {
  const { XMLHttpRequest } = globalThis as unknown as {
    XMLHttpRequest: new () => Xhr;
  };
  const xhr = new XMLHttpRequest();
  let stop: () => void;
  return new Promise<PutAnswer>((resolve, reject) => {
    stop = () => {
      xhr.abort();
      reject(reasonOf(signal!));
    };
    signal?.addEventListener("abort", stop, { once: true });
    xhr.upload.onprogress = ({ loaded }) => onProgress?.({ sentBytes: loaded, totalBytes: file.size });
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText });
    xhr.onerror = () => reject(interrupted());
    xhr.open("PUT", url);
    xhr.setRequestHeader("content-type", file.type);
    xhr.send(file);
  }).finally(() => signal?.removeEventListener("abort", stop));
}

function interrupted(cause?: unknown): PipelineError {
  const message = "The connection broke while the file was sent.";
  return new PipelineError("network_error", message, { cause });
}
