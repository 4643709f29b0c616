/** A body that is passed on up to a limit. */
export interface LimitedBody {
  content: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  /** More bytes than the limit arrived, and the stream has failed. */
  readonly exceeded: boolean;
}

/**
 * Bytes that are read before the request is passed on, as Kong does with every body (`request_buffering` of its
 * routes).
 */
const PASSED_AT_ONCE = 64 * 1024;

/**
 * The request's body, if it has one. The server enforces a declared length, which the caller has checked; this counts
 * any other body as it flows.
 */
export async function limitedBody(
  request: Request,
  limit: number,
): Promise<LimitedBody | undefined> {
  const { body, headers } = request;
  if (!body) return;
  const length = headers.get("content-length");
  if (length === null || headers.has("transfer-encoding")) {
    return counted(body, limit);
  }
  const content = Number(length) <= PASSED_AT_ONCE ? await request.bytes() : body;
  return { content, exceeded: false };
}

/** Passes bytes on until there are more than `limit`; then the stream fails. */
function counted(
  body: ReadableStream<Uint8Array>,
  limit: number,
): LimitedBody {
  let seen = 0;
  const content = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > limit) {
          controller.error(new Error(`the body exceeds ${limit} bytes`));
        } else {
          controller.enqueue(chunk);
        }
      },
    }),
  );
  return {
    content,
    get exceeded() {
      return seen > limit;
    },
  };
}
