import { beforeEach, describe, expect, test, vi } from "vitest";
import { type App, createApp, limitJsonBody } from "./app.ts";
import { bodyDeadline } from "./body_deadline.ts";
import { createLogger } from "./log.ts";

const DEADLINES = { form: 400, other: 100 };
let app: App;

beforeEach(() => {
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
    const read = await c.req.text();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return c.text(read);
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
    const answer = await trickle(path, body, 60_000, type);
    expect(answer.status).toBe(408);
    expect((await answer.json()).error.code).toBe("request_timeout");
  });

  test("does not keep a route that reads none", async () => {
    const answer = await trickle("/test/ignored", "{}", 60_000, "text/plain");
    expect(answer.status).toBe(200);
  });
});

test("every function waits half a minute for a body, and two for a form", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
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
  } finally {
    vi.useRealTimers();
  }
});

describe("a body that arrives", () => {
  test("may be slow, and a form slower", async () => {
    const json = await trickle("/test/json", "{}", 30, "application/json");
    expect([json.status, await json.json()]).toEqual([200, {}]);
    const form = await trickle("/test/form", FORM, 200, FORM_TYPE);
    expect([form.status, await form.json()]).toEqual([200, 1]);
  });

  test("leaves its handler the time that it needs", async () => {
    const answer = await trickle("/test/slow", "text", 10, "text/plain");
    expect([answer.status, await answer.text()]).toEqual([200, "text"]);
  });
});
