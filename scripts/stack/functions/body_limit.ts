/** A body that is counted as it flows, whether or not its length was declared. */
export interface LimitedBody {
  stream: ReadableStream<Uint8Array>;
  /** More than the limit has arrived; the stream has failed. */
  readonly exceeded: boolean;
}

/** The same bytes, until more than `limit` of them have passed: then the stream fails. */
export function limitBody(
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
