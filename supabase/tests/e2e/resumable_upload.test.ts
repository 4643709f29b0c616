import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient, type SendBytes, type UploadProgress } from "../../../client/src/index.ts";
import { resumableUploads } from "../../../client/src/resumable.ts";
import { breakingConnection } from "./breaking_connection.ts";
import { createUser, newPdf, stack, type User } from "./harness.ts";

const MIB = 1024 * 1024;
const SIZE = 13 * MIB;

/** The handbook, enlarged with bytes that PDF readers ignore after its end. */
async function largeFile(): Promise<File> {
  const bytes = await newPdf();
  const padding = Buffer.alloc(SIZE - bytes.length, "\n");
  return new File([Buffer.concat([bytes, padding])], "large.pdf", {
    type: "application/pdf",
  });
}

/** Sends requests through another host than the signed URL names. */
function through(origin: string, send: SendBytes): SendBytes {
  return (signedUrl, file, options) => {
    const { pathname, search } = new URL(signedUrl);
    return send(`${origin}${pathname}${search}`, file, options);
  };
}

describe("a large file", () => {
  let user: User;
  beforeAll(async () => {
    user = await createUser();
  });

  it("resumes where the connection broke, and becomes complete", async () => {
    const file = await largeFile();
    // In the middle of the second of three parts.
    await using way = breakingConnection(stack.url, 9 * MIB);
    const client = createPipelineClient(user.client, {
      sendLargeFile: through(
        way.origin,
        resumableUploads({ retryDelays: [100, 500, 1_000] }),
      ),
    });
    const progress: UploadProgress[] = [];
    const { documentId } = await client.upload(file, {
      onProgress: (step) => progress.push(step),
    });

    expect(way.breaks()).toBe(1);
    // Bytes of the second part may be sent twice; those of the first may not.
    expect(way.sentBytes()).toBeGreaterThan(SIZE);
    expect(way.sentBytes()).toBeLessThan(SIZE + 4 * MIB);
    expect(progress.at(-1)).toEqual({ sentBytes: SIZE, totalBytes: SIZE });
    // Its digest is checked before it is parsed.
    const { status } = await client.waitUntilComplete(documentId, {
      timeoutMs: 90_000,
    });
    expect(status).toBe("complete");
  });

  it("resumes an aborted upload when it is uploaded again", async () => {
    const file = await largeFile();
    const way = breakingConnection(stack.url, Infinity);
    const client = createPipelineClient(user.client, {
      sendLargeFile: through(
        way.origin,
        resumableUploads({ urlStorage: keptInMemory() }),
      ),
    });
    const stop = new AbortController();
    const reason = new Error("the train enters a tunnel");
    const stopped = client.upload(file, {
      signal: stop.signal,
      onProgress: ({ sentBytes }) => {
        if (sentBytes > 7 * MIB) stop.abort(reason);
      },
    });
    await expect(stopped).rejects.toBe(reason);
    const sentBefore = way.sentBytes();

    const again = await client.upload(file);
    expect(again.duplicate).toBe(false);
    expect(way.sentBytes() - sentBefore).toBeLessThan(SIZE - 5 * MIB);
    await client.remove(again.documentId);
    await way[Symbol.asyncDispose]();
  });
});

/** A replacement for a browser's localStorage in tus-js-client. */
function keptInMemory(): NonNullable<
  Parameters<typeof resumableUploads>[0]
>["urlStorage"] {
  const kept = new Map<string, { fingerprint: string; upload: object }>();
  const uploads = (wanted?: string) =>
    Promise.resolve(
      [...kept].filter(([, { fingerprint }]) => wanted === undefined || fingerprint === wanted).map((
        [urlStorageKey, { upload }],
      ) => ({ ...upload, urlStorageKey })),
    ) as Promise<never>;
  return {
    findAllUploads: () => uploads(),
    findUploadsByFingerprint: (fingerprint) => uploads(fingerprint),
    removeUpload: (key) => {
      kept.delete(key);
      return Promise.resolve();
    },
    addUpload: (fingerprint, upload) => {
      const key = `${kept.size}`;
      kept.set(key, { fingerprint, upload });
      return Promise.resolve(key);
    },
  };
}
