import * as tus from "tus-js-client";
import { PipelineError } from "./pipeline_error.ts";
import type { SendBytes } from "./put_bytes.ts";

/** Storage takes parts of exactly this size, in bytes. https://supabase.com/docs/guides/storage/uploads/resumable-uploads */
const PART_BYTES = 6 * 1024 * 1024;

/** Milliseconds before each new try after a broken connection; then the upload has failed. */
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000];

export interface ResumableOptions {
  retryDelays?: number[];
  /**
   * Where it is kept how far uploads have come, so that a later call goes on where an earlier one broke off. By default
   * the browser's localStorage; elsewhere nowhere, and only broken connections within a call are made good.
   */
  urlStorage?: tus.UrlStorage;
}

/**
 * Sends large files in parts, by TUS (https://tus.io) to where Storage takes them for the holder of a signed URL. What a
 * broken connection interrupts goes on at the last part that arrived. For `createPipelineClient`'s `sendLargeFile`; in a
 * file of its own, which nothing else imports, so that only those who want it need tus-js-client.
 */
export function resumableUploads(options: ResumableOptions = {}): SendBytes {
  return async (signedUrl, file, { onProgress, signal }) => {
    signal?.throwIfAborted();
    const { endpoint, bucketName, objectName, token } = readSignedUrl(
      signedUrl,
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const running = new tus.Upload(file, {
      endpoint,
      headers: { "x-signature": token, "x-upsert": "true" },
      metadata: { bucketName, objectName, contentType: file.type },
      chunkSize: PART_BYTES,
      uploadDataDuringCreation: true,
      retryDelays: options.retryDelays ?? RETRY_DELAYS_MS,
      ...(options.urlStorage && { urlStorage: options.urlStorage }),
      // An object's name stands for its content: what was sent of it before is a part of the same bytes.
      fingerprint: () => Promise.resolve(`${endpoint} ${objectName}`),
      removeFingerprintOnSuccess: true,
      fileReader: { openFile: (blob: Blob) => Promise.resolve(partsOf(blob)) },
      onProgress: (sentBytes, totalBytes) =>
        onProgress?.({ sentBytes, totalBytes }),
      onSuccess: () => resolve(),
      onError: (error) => reject(refusalOf(error)),
    });
    const stop = () => {
      reject(signal?.reason);
      // What has arrived stays, for another call to go on with.
      running.abort().catch(() => {});
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const [before] = await running.findPreviousUploads();
      if (before) running.resumeFromPreviousUpload(before);
      if (!signal?.aborted) running.start();
      await promise;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  };
}

/** `…/storage/v1/object/upload/sign/<bucket>/<name>?token=<token>`, taken apart. */
function readSignedUrl(signedUrl: string) {
  const { origin, pathname, searchParams } = new URL(signedUrl);
  const [, base, bucketName, objectName] =
    /^(.*)\/object\/upload\/sign\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  const token = searchParams.get("token");
  if (!objectName || !token) {
    throw new PipelineError(
      "unexpected_answer",
      "The signed URL is none of Storage's.",
    );
  }
  return {
    endpoint: `${origin}${base}/upload/resumable/sign`,
    bucketName: decodeURIComponent(bucketName),
    objectName: decodeURIComponent(objectName),
    token,
  };
}

/** The file for tus-js-client, which reads Blobs by itself in browsers only. */
function partsOf(file: Blob): tus.FileSource {
  return {
    size: file.size,
    async slice(start, end) {
      const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
      return {
        value: Object.assign(bytes, { size: bytes.length }),
        done: end >= file.size,
      };
    },
    close() {},
  };
}

function refusalOf(error: Error | tus.DetailedError): PipelineError {
  const response = "originalResponse" in error ? error.originalResponse : null;
  if (!response) {
    const message = "The connection broke while the file was sent.";
    return new PipelineError("network_error", message, { cause: error });
  }
  const status = response.getStatus();
  return new PipelineError(
    "upload_refused",
    `Storage answered ${status}: ${response.getBody().slice(0, 500)}`,
    { status, cause: error },
  );
}
