/** A body of which no more than a limit is passed on. */
export interface LimitedBody {
  stream: ReadableStream<Uint8Array>;
  /** More than the limit has arrived; the stream has failed. */
  readonly exceeded: boolean;
}

/**
 * The request's body, if it has one. The server lets no more through than a declared length, which the caller has checked;
 * any other body is counted as it flows.
 */
export function limitedBody(
  { body, headers }: Request,
  limit: number,
): LimitedBody | undefined {
  if (!body) return;
  const isDeclared = headers.has("content-length") &&
    !headers.has("transfer-encoding");
  return isDeclared ? { stream: body, exceeded: false } : counted(body, limit);
}

/** The same bytes, until more than `limit` of them have passed: then the stream fails. */
function counted(
  body: ReadableStream<Uint8Array>,
  limit: number,
): LimitedBody {
  let seen = 0;
  const stream = body.pipeThrough(
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
    stream,
    get exceeded() {
      return seen > limit;
    },
  };
}
