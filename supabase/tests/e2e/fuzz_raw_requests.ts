import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { FuzzRequest } from "./fuzz_requests.ts";

const UPLOAD = "/api/upload-document-backend";

/** Header values that fetch accepts. */
const headerValue = fc.oneof(
  fc.string({ maxLength: 300 }).map((text) => text.replaceAll(/[^\x21-\x7e]/g, "~")),
  fc.constantFrom("", " ", ",", ";", "=", '"', "x".repeat(8_000), "*/*", "-1"),
);

/** Headers about the body or its sender, mostly false. */
const headers = fc.dictionary(
  fc.constantFrom(
    "content-encoding",
    "content-language",
    "content-range",
    "content-md5",
    "digest",
    "lc-signature",
    "x-webhook-signature",
    "x-webhook-event-id",
    "x-webhook-event-type",
    "x-http-method-override",
    "x-forwarded-for",
    "x-forwarded-host",
    "cf-connecting-ip",
    "x-request-id",
    "idempotency-key",
    "accept",
    "accept-encoding",
    "cookie",
    "forwarded",
    "origin",
    "range",
    "if-none-match",
    "traceparent",
  ),
  fc.oneof(
    headerValue,
    fc.constantFrom(
      "gzip",
      "deflate, gzip",
      "br",
      "identity",
      "chunked",
      `sha256=${"0".repeat(64)}`,
      "sha256=",
      "0".repeat(64),
      "127.0.0.1, ::1",
      "DELETE",
    ),
  ),
  { maxKeys: 6 },
);

const contentType = fc.oneof(
  fc.constantFrom(
    "application/json",
    "application/json;charset=utf-7",
    "application/json; charset=",
    "Application/JSON ; a=b",
    "application/x-ndjson",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="x"',
    "multipart/form-data; boundary=x; boundary=y",
    "multipart/mixed; boundary=x",
    "application/octet-stream",
    "application/pdf",
    "text/html",
  ),
  headerValue,
);

const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
const raw = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));

/** JSON and arbitrary bytes: unchanged, in other encodings, doubled, truncated, with a byte order mark or NULs. */
const encoded = fc.tuple(
  fc.oneof(json, raw),
  fc.constantFrom<(bytes: Buffer) => Buffer>(
    (bytes) => bytes,
    gzipSync,
    deflateSync,
    (bytes) => gzipSync(gzipSync(bytes)),
    (bytes) => Buffer.from(bytes.toString("latin1"), "utf16le"),
    (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    (bytes) => Buffer.concat([bytes, bytes]),
    (bytes) => bytes.subarray(0, bytes.length >> 1),
    (bytes) => Buffer.concat([bytes, Buffer.alloc(100)]),
    (bytes) => Buffer.from(JSON.stringify(bytes.toString("latin1"))),
    (bytes) => Buffer.from(`{"a":`.repeat(3_000) + bytes.toString("latin1")),
  ),
).map(([bytes, encode]) => encode(bytes));

/** A client's form with a file of no allowed type, some of its bytes changed, moved or missing. */
const damagedForm = fc.tuple(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(
    fc.tuple(fc.nat(400), fc.nat(255), fc.constantFrom("set", "cut", "double")),
    { maxLength: 5 },
  ),
).map(([content, changes]) => {
  let bytes = Buffer.concat([
    Buffer.from(
      '--x\r\ncontent-disposition: form-data; name="policy_id"\r\n\r\n1\r\n' +
        '--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n' +
        "content-type: application/pdf\r\n\r\n",
    ),
    Buffer.from(content),
    Buffer.from("\r\n--x--\r\n"),
  ]);
  for (const [place, value, change] of changes) {
    const at = place % bytes.length;
    if (change === "set") bytes[at] = value;
    else {
      const rest = bytes.subarray(change === "cut" ? at + value % 40 : 0);
      bytes = Buffer.concat([bytes.subarray(0, at), rest]);
    }
  }
  return bytes;
});

/** Requests to routes with bodies whose bytes and headers no ordinary client sends. */
export function rawRequests(): fc.Arbitrary<FuzzRequest> {
  const body = fc.oneof(
    fc.record({ contentType, content: encoded }),
    fc.record({ contentType, content: damagedForm }),
    fc.record({
      contentType: fc.constant("multipart/form-data; boundary=x"),
      content: damagedForm,
    }),
  );
  return fc.record({
    path: fc.oneof(
      fc.constantFrom(UPLOAD, "/webhook/llamaparse"),
      fc.uuid().map((id) => `/webhook/llamaparse/${id}`),
      fc.constantFrom(
        `${UPLOAD}/`,
        `${UPLOAD}/%00`,
        "/webhook//llamaparse",
        "/webhook/llamaparse/../status",
        "/webhook/llamaparse/%2e%2e%2f",
        `/webhook/llamaparse/${"0".repeat(5_000)}`,
      ),
    ),
    headers,
    body,
    method: fc.constantFrom("POST", "POST", "POST", "POST", "PUT", "PATCH"),
    chunked: fc.boolean(),
  }).map(({ path, headers, body, method, chunked }) => {
    const content = new Uint8Array(body.content);
    return {
      path,
      method,
      headers: { ...headers, "content-type": body.contentType },
      // A stream has no length to declare.
      body: chunked ? new Blob([content]).stream() : content,
    };
  });
}
