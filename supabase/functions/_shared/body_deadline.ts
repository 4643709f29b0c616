import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "./app_context.ts";
import { HttpError } from "./errors.ts";

/**
 * Milliseconds in which a body must have arrived. All bodies but files are small. The platform would wait for 150 s.
 */
const BODY_DEADLINES = { form: 120_000, other: 30_000 };
export type BodyDeadlines = typeof BODY_DEADLINES;

/** The largest JSON body, in bytes. */
export const SMALL_BODY = 64 * 1024;

/** Answers 408 `request_timeout` if the body does not arrive in time. */
export function bodyDeadline(
  deadlines: BodyDeadlines = BODY_DEADLINES,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (!c.req.raw.body) return await next();
    const isForm = /^multipart\//i.test(c.req.header("content-type") ?? "");
    const ms = isForm ? deadlines.form : deadlines.other;

    let isLate = false;
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    const timer = setTimeout(() => {
      isLate = true;
      late.reject(new Error(`the body did not arrive in ${ms} ms`));
    }, ms);
    const arrived = () => clearTimeout(timer);
    if (isSmall(c)) readAhead(c, late.promise, arrived);
    else readInTime(c, late.promise, arrived);
    try {
      await next();
    } finally {
      clearTimeout(timer);
    }
    if (isLate && c.error) {
      const message = `The body did not arrive within ${ms / 1000} seconds.`;
      throw new HttpError("request_timeout", { message });
    }
  };
}

/** A body without a declared length may have any size. */
function isSmall(c: AppContext): boolean {
  return Number(c.req.header("content-length") ?? Infinity) <= SMALL_BODY &&
    c.req.header("transfer-encoding") === undefined;
}

/** Reads the whole body while the request is checked. Handlers get it from Hono, in whichever form they ask for. */
function readAhead(
  { req }: AppContext,
  late: Promise<never>,
  arrived: () => void,
): void {
  const reading = req.raw.arrayBuffer().finally(arrived);
  const arrayBuffer = Promise.race([reading, late]);
  const text = arrayBuffer.then((bytes) => new TextDecoder().decode(bytes));
  // A handler may not read the body; then no one awaits this promise.
  text.catch(() => {});
  // Hono stores promises in its body cache, although its types say otherwise. Given only the bytes, it would decode the
  // text on each call.
  Object.assign(req.bodyCache, { arrayBuffer, text });
}

/** Streams a large body to the handler, and fails the stream when the deadline passes. */
function readInTime(
  { req }: AppContext,
  late: Promise<never>,
  arrived: () => void,
): void {
  const timed = new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      late.catch((error) => controller.error(error));
    },
    flush: arrived,
  });
  req.raw = new Request(req.raw, { body: req.raw.body!.pipeThrough(timed) });
}
