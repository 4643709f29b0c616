import * as tus from "tus-js-client";
import { reasonOf, throwIfAborted } from "./abort.ts";
import { PipelineError } from "./pipeline_error.ts";
import type { SendBytes } from "./put_bytes.ts";

/**
 * Storage accepts only parts of exactly this size, in bytes.
 * https://supabase.com/docs/guides/storage/uploads/resumable-uploads
 */
const PART_BYTES = 6 * 1024 * 1024;

/** Milliseconds before each retry after a broken connection; after the last one the upload fails. */
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000];

export interface ResumableOptions {
  retryDelays?: number[];
  /**
   * Stores the addresses of uploads, so that a later call continues where an earlier one was interrupted. By default the
   * browser's localStorage, so that an upload also continues after the page was loaded again; elsewhere this program's
   * memory.
   */
  urlStorage?: tus.UrlStorage;
}

/**
 * Sends large files in parts, by TUS (https://tus.io), to the resumable address of a signed URL. After a broken
 * connection an upload continues with the last part that arrived. Pass it to `createPipelineClient` as `sendLargeFile`.
 * No other file imports this one, so that only its users need tus-js-client.
 */
export function resumableUploads(options: ResumableOptions = {}): SendBytes {
  // Outside of browsers tus-js-client says that it can, and stores nothing.
  const storesUrls = tus.canStoreURLs && "document" in globalThis;
  const urlStorage = options.urlStorage ?? (storesUrls ? undefined : keptInMemory());
  return async (signedUrl, file, { onProgress, signal, read }) => {
    throwIfAborted(signal);
    const { endpoint, bucketName, objectName, token } = readSignedUrl(signedUrl);
    let stop: () => void;
    await new Promise<void>((resolve, reject) => {
      // tus-js-client would take it for a broken connection, and try again.
      const unreadable = (error: unknown) => {
        reject(error);
        running.abort().catch(() => {});
      };
      const running = new tus.Upload(file, {
        endpoint,
        headers: { "x-signature": token, "x-upsert": "true" },
        metadata: { bucketName, objectName, contentType: file.type },
        chunkSize: PART_BYTES,
        uploadDataDuringCreation: true,
        retryDelays: options.retryDelays ?? RETRY_DELAYS_MS,
        ...(urlStorage && { urlStorage }),
        // An object's name stands for its content, so earlier parts under this name belong to the same bytes.
        fingerprint: () => Promise.resolve(`${endpoint} ${objectName}`),
        removeFingerprintOnSuccess: true,
        // tus-js-client would send a request that it has prepared before it was stopped.
        onBeforeRequest: () => throwIfAborted(signal),
        fileReader: { openFile: (blob: Blob) => Promise.resolve(partsOf(blob, unreadable, read)) },
        onProgress: (sentBytes, totalBytes) => onProgress?.({ sentBytes, totalBytes }),
        onSuccess: () => resolve(),
        onError: (error) => reject(refusalOf(error)),
      });
      stop = () => {
        reject(reasonOf(signal!));
        // Keeps the parts that have arrived, so that another call can continue.
        running.abort().catch(() => {});
      };
      signal?.addEventListener("abort", stop, { once: true });
      running.findPreviousUploads().then(([before]) => {
        if (before) running.resumeFromPreviousUpload(before);
        if (!signal?.aborted) running.start();
      }).catch(reject);
    }).finally(() => signal?.removeEventListener("abort", stop));
  };
}

/**
 * The parts of `…/storage/v1/object/upload/sign/<bucket>/<name>?token=<token>`.
 */
function readSignedUrl(signedUrl: string) {
  const { origin, pathname, searchParams } = new URL(signedUrl);
  const [, base, bucketName, objectName] = /^(.*)\/object\/upload\/sign\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  const token = searchParams.get("token");
  if (!objectName || !token) {
    throw new PipelineError(
      "unexpected_answer",
      "The signed URL does not belong to Storage.",
    );
  }
  return {
    endpoint: `${origin}${base}/upload/resumable/sign`,
    bucketName: decodeURIComponent(bucketName),
    objectName: decodeURIComponent(objectName),
    token,
  };
}

/**
 * The file for tus-js-client, which reads Blobs itself only in browsers.
 * @param onUnreadable called with the error when a part cannot be read
 */
function partsOf(
  file: Blob,
  onUnreadable: (error: unknown) => void,
  read: Parameters<SendBytes>[2]["read"] = async (start, end) =>
    new Uint8Array(await file.slice(start, end).arrayBuffer()),
): tus.FileSource {
  return {
    size: file.size,
    async slice(start, end) {
      try {
        const bytes = await read(start, Math.min(end, file.size));
        return { value: Object.assign(bytes, { size: bytes.length }), done: end >= file.size };
      } catch (error) {
        onUnreadable(error);
        throw error;
      }
    },
    close() {},
  };
}

/** In place of a browser's localStorage. */
function keptInMemory(): tus.UrlStorage {
  const kept = new Map<string, { fingerprint: string; upload: tus.PreviousUpload }>();
  let count = 0;
  const uploads = (wanted?: string) =>
    Promise.resolve(
      [...kept].filter(([, { fingerprint }]) => wanted === undefined || fingerprint === wanted)
        .map(([urlStorageKey, { upload }]) => ({ ...upload, urlStorageKey })),
    );
  return {
    findAllUploads: () => uploads(),
    findUploadsByFingerprint: (fingerprint) => uploads(fingerprint),
    removeUpload: (key) => Promise.resolve(void kept.delete(key)),
    addUpload: (fingerprint, upload) => {
      const key = `${++count}`;
      kept.set(key, { fingerprint, upload });
      return Promise.resolve(key);
    },
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
