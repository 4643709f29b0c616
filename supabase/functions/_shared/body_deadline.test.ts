import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type App, createApp, limitJsonBody } from "./app.ts";
import { bodyDeadline } from "./body_deadline.ts";
import { createLogger } from "./log.ts";

const DEADLINES = { form: 400, other: 100 };
let app: App;
/** When the handler of /test/slow has read its body. */
let read: PromiseWithResolvers<void>;

afterEach(() => vi.useRealTimers());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  read = Promise.withResolvers();
  app = createApp("test", { logger: createLogger("test", () => {}) });
  app.use("/test/*", bodyDeadline(DEADLINES));
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

/** Sends all but the end, and the end after so many milliseconds. */
function trickle(path: string, body: string, ms: number, contentType: string) {
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
    headers: { "content-type": contentType },
    body: stream,
  });
}

const FORM =
  '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
const FORM_TYPE = "multipart/form-data; boundary=x";

describe("a body that does not arrive", () => {
  test.each([
    ["/test/json", "{}", "application/json"],
    ["/test/form", FORM, FORM_TYPE],
  ])("is not waited for: %s", async (path, body, type) => {
    const sent = trickle(path, body, 60_000, type);
    await vi.advanceTimersByTimeAsync(400);
    const answer = await sent;
    expect(answer.status).toBe(408);
    expect((await answer.json()).error.code).toBe("request_timeout");
  });

  test("does not keep a route that reads none", async () => {
    const answer = await trickle("/test/ignored", "{}", 60_000, "text/plain");
    expect(answer.status).toBe(200);
  });
});

test("every function waits half a minute for a body, and two for a form", async () => {
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
  test("may be slow, and a form slower", async () => {
    const json = trickle("/test/json", "{}", 99, "application/json");
    await vi.advanceTimersByTimeAsync(99);
    expect([(await json).status, await (await json).json()]).toEqual([200, {}]);
    const form = trickle("/test/form", FORM, 399, FORM_TYPE);
    await vi.advanceTimersByTimeAsync(399);
    expect([(await form).status, await (await form).json()]).toEqual([200, 1]);
  });

  test("leaves its handler the time that it needs", async () => {
    const sent = trickle("/test/slow", "text", 10, "text/plain");
    await vi.advanceTimersByTimeAsync(10);
    await read.promise;
    await vi.advanceTimersByTimeAsync(200);
    const answer = await sent;
    expect([answer.status, await answer.text()]).toEqual([200, "text"]);
  });
});
