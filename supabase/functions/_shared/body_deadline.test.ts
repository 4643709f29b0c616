import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "./app.ts";
import type { App } from "./app_context.ts";
import { createLogger } from "./log.ts";
import { limitJsonBody } from "./validation.ts";

const DEADLINES = { form: 400, other: 100 };
let app: App;
/** When the handler of /test/slow has read its body. */
let read: PromiseWithResolvers<void>;

afterEach(() => vi.useRealTimers());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  read = Promise.withResolvers();
  app = createApp("test", {
    logger: createLogger("test", () => {}),
    bodyDeadlines: DEADLINES,
  });
  app.post(
    "/test/json",
    limitJsonBody(),
    async (c) => c.json(await c.req.json()),
  );
  app.post(
    "/test/form",
    async (c) => c.json([...await c.req.formData()].length),
  );
  app.post("/test/ignored", (c) => c.text("ok"));
  app.post("/test/slow", async (c) => {
    const text = await c.req.text();
    read.resolve();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return c.text(text);
  });
});

/** Sends all but the end, and the end after so many milliseconds, with or without a stated length. */
function trickle(
  path: string,
  body: string,
  ms: number,
  contentType: string,
  length?: number,
) {
  let timer: ReturnType<typeof setTimeout>;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const bytes = new TextEncoder().encode(body);
      controller.enqueue(bytes.slice(0, -1));
      timer = setTimeout(() => {
        controller.enqueue(bytes.slice(-1));
        controller.close();
      }, ms);
    },
    cancel: () => clearTimeout(timer),
  });
  return app.request(path, {
    method: "POST",
    headers: {
      "content-type": contentType,
      ...length && { "content-length": String(length) },
    },
    body: stream,
  });
}

const FORM = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
const FORM_TYPE = "multipart/form-data; boundary=x";

describe("a body that does not arrive", () => {
  test.each([
    ["/test/json", "{}", "application/json", undefined],
    ["/test/json", "{}", "application/json", 2],
    ["/test/form", FORM, FORM_TYPE, undefined],
    ["/test/form", FORM, FORM_TYPE, FORM.length],
    ["/test/form", FORM, FORM_TYPE, 1_000_000],
  ])("answers 408: %s %j as %s, of %s bytes", async (...what) => {
    const [path, body, type, length] = what;
    const sent = trickle(path, body, 60_000, type, length);
    await vi.advanceTimersByTimeAsync(400);
    const answer = await sent;
    expect(answer.status).toBe(408);
    expect((await answer.json()).error.code).toBe("request_timeout");
  });

  test.each([undefined, 2])(
    "does not delay a route that reads no body, of %s bytes",
    async (length) => {
      const answer = await trickle(
        "/test/ignored",
        "{}",
        60_000,
        "text/plain",
        length,
      );
      expect(answer.status).toBe(200);
    },
  );

  test.each([undefined, 2])(
    "has no effect when it arrives too late, of %s bytes",
    async (length) => {
      const written: string[] = [];
      app.post("/test/effect", async (c) => {
        written.push(await c.req.text());
        return c.text("ok");
      });
      const sent = trickle("/test/effect", "{}", 150, "text/plain", length);
      await vi.advanceTimersByTimeAsync(200);
      expect((await sent).status).toBe(408);
      expect(written).toEqual([]);
    },
  );
});

test("waits 30 s for a body and 120 s for a form by default", async () => {
  const plain = createApp("test", { logger: createLogger("test", () => {}) });
  plain.post("/test", async (c) => c.text(await c.req.text()));
  for (const [type, seconds] of [["text/plain", 30], [FORM_TYPE, 120]]) {
    let answered = false;
    const pending = Promise.resolve(plain.request("/test", {
      method: "POST",
      headers: { "content-type": String(type) },
      body: new ReadableStream(),
    })).finally(() => answered = true);
    await vi.advanceTimersByTimeAsync(Number(seconds) * 1000 - 1);
    expect(answered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await pending).status).toBe(408);
  }
});

describe("a body that arrives", () => {
  test.each([
    [undefined, undefined],
    [2, FORM.length],
  ])(
    "may be slow, and a form slower, of %s and %s bytes",
    async (...lengths) => {
      const [short, long] = lengths;
      const json = trickle("/test/json", "{}", 99, "application/json", short);
      await vi.advanceTimersByTimeAsync(99);
      expect([(await json).status, await (await json).json()]).toEqual([
        200,
        {},
      ]);
      const form = trickle("/test/form", FORM, 399, FORM_TYPE, long);
      await vi.advanceTimersByTimeAsync(399);
      expect([(await form).status, await (await form).json()]).toEqual([
        200,
        1,
      ]);
    },
  );

  test.each([undefined, 4])(
    "does not limit its handler's time, of %s bytes",
    async (length) => {
      const sent = trickle("/test/slow", "text", 10, "text/plain", length);
      await vi.advanceTimersByTimeAsync(10);
      await read.promise;
      await vi.advanceTimersByTimeAsync(200);
      const answer = await sent;
      expect([answer.status, await answer.text()]).toEqual([200, "text"]);
    },
  );

  test("reaches the handler unchanged", async () => {
    app.post("/test/bytes", async (c) => c.body(await c.req.arrayBuffer()));
    const body = new Uint8Array([0xff, 0x00, 0xc3, 0x28]);
    const answer = await app.request("/test/bytes", {
      method: "POST",
      headers: { "content-length": "4" },
      body,
    });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body);
  });
});
