import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resumableUploads } from "./resumable.ts";

const MIB = 1024 * 1024;
const PART = 6 * MIB;

/** A server of resumable uploads that keeps one file. */
let server: Deno.HttpServer<Deno.NetAddr>;
let requests: string[];
let offset: number;
let signedUrl: string;
beforeEach(() => {
  requests = [];
  offset = 0;
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    requests.push(request.method);
    offset += (await request.arrayBuffer()).byteLength;
    return new Response(null, {
      status: request.method === "POST" ? 201 : 204,
      headers: {
        "tus-resumable": "1.0.0",
        "upload-offset": String(offset),
        ...request.method === "POST" && { location: "/upload/resumable/sign/1" },
        ...request.method === "HEAD" && { "upload-length": String(2 * PART) },
      },
    });
  });
  signedUrl = `http://127.0.0.1:${server.addr.port}/object/upload/sign/files/a.pdf?token=t`;
});
afterEach(() => server.shutdown());

const file = new Blob([new Uint8Array(2 * PART)]);
const readOf = (start: number, end: number) => Promise.resolve(new Uint8Array(end - start));

describe("a resumable upload", () => {
  it("begins no further part when it is stopped between two", async () => {
    const stop = new AbortController();
    const reason = new Error("pause");
    const sending = resumableUploads()(signedUrl, file, {
      signal: stop.signal,
      read(start, end) {
        if (start === PART) stop.abort(reason);
        return readOf(start, end);
      },
    });
    await expect(sending).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([requests, offset]).toEqual([["POST"], PART]);
  });

  it("begins no further part when it is stopped by a listener of its progress", async () => {
    const stop = new AbortController();
    const sending = resumableUploads()(signedUrl, file, {
      signal: stop.signal,
      read: readOf,
      onProgress: ({ sentBytes }) => {
        if (sentBytes === PART && offset === PART) stop.abort();
      },
    });
    await expect(sending).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([requests, offset]).toEqual([["POST"], PART]);
  });

  it("continues where it was when it is sent again", async () => {
    const send = resumableUploads();
    const stop = new AbortController();
    const read = (start: number, end: number) => {
      if (start === PART) stop.abort();
      return readOf(start, end);
    };
    await expect(send(signedUrl, file, { signal: stop.signal, read })).rejects.toThrow();
    await send(signedUrl, file, { read: readOf });
    expect([requests, offset]).toEqual([["POST", "HEAD", "PATCH"], 2 * PART]);
  });

  it("ends at once with the error of a part that cannot be read", async () => {
    const changed = new Error("changed");
    const read = (start: number, end: number) => start === PART ? Promise.reject(changed) : readOf(start, end);
    await expect(resumableUploads()(signedUrl, file, { read })).rejects.toBe(changed);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests).toEqual(["POST"]);
  });
});
