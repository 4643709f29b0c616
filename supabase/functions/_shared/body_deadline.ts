import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app.ts";
import { HttpError } from "./errors.ts";

/** Milliseconds in which a body must have arrived: all but files are small. The platform would wait for 150 s. */
export const BODY_DEADLINES = { form: 120_000, other: 30_000 };

/** 408 `request_timeout` to who lets others wait for the body of a request. */
export function bodyDeadline(
  deadlines: typeof BODY_DEADLINES = BODY_DEADLINES,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { body } = c.req.raw;
    if (!body) return await next();
    const isForm = /^multipart\//i.test(c.req.header("content-type") ?? "");
    const ms = isForm ? deadlines.form : deadlines.other;

    let isLate = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timed = new TransformStream<Uint8Array, Uint8Array>({
      start(controller) {
        timer = setTimeout(() => {
          isLate = true;
          controller.error(new Error(`the body did not arrive in ${ms} ms`));
        }, ms);
      },
      flush: () => clearTimeout(timer),
    });
    c.req.raw = new Request(c.req.raw, { body: body.pipeThrough(timed) });
    try {
      await next();
    } finally {
      clearTimeout(timer);
    }
    if (isLate && c.error) {
      const message = `The body did not arrive within ${ms / 1000} seconds.`;
      throw new HttpError(408, "request_timeout", message);
    }
  };
}
