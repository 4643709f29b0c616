import { beforeEach, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { createLogger } from "./log.ts";
import { createRequestMeter, type MeteredRequest } from "./request_meter.ts";

let lines: string[];
let work: Promise<unknown>[];
let written: MeteredRequest[][];
let write: (requests: MeteredRequest[]) => Promise<void>;
beforeEach(() => {
  lines = [];
  work = [];
  written = [];
  write = (requests) => {
    written.push(requests);
    return Promise.resolve();
  };
});

const logger = () => createLogger("test", (line) => lines.push(line));
const meter = () =>
  createRequestMeter({
    write: (requests) => write(requests),
    waitUntil: (promise) => work.push(promise),
    logger: logger(),
    gatherMs: 5,
  });
const request = (route: string): MeteredRequest => ({
  route,
  method: "GET",
  status: 200,
  seconds: 0.1,
});

describe("the request meter", () => {
  it("writes requests of one interval together, while the platform waits", async () => {
    const metered = meter();
    metered.count(request("/a"));
    metered.count(request("/b"));
    expect(work).toHaveLength(1);
    await work[0];
    metered.count(request("/c"));
    await work[1];
    expect(written.map((batch) => batch.map(({ route }) => route)))
      .toEqual([["/a", "/b"], ["/c"]]);
  });

  it("keeps requests that could not be written for the next time", async () => {
    const metered = meter();
    const writeFor = write;
    write = () => Promise.reject(new Error("database away"));
    metered.count(request("/a"));
    await work[0];
    expect(lines.join()).toContain("database away");
    write = writeFor;
    metered.count(request("/b"));
    await work[1];
    expect(written[0].map(({ route }) => route)).toEqual(["/a", "/b"]);
  });

  it("counts route patterns, never paths or methods that callers invent", async () => {
    const counted: MeteredRequest[] = [];
    const app = createApp("test", {
      logger: logger(),
      meter: { count: (each) => counted.push(each) },
    });
    app.get("/things/:id", (c) => c.text("ok"));
    app.get("/broken", () => {
      throw new Error("broken");
    });
    const began = performance.now();
    await app.request("/things/7");
    await app.request("/elsewhere/8", { method: "BREW" });
    await app.request("/broken");
    expect(counted.map(({ route, method, status }) => [route, method, status]))
      .toEqual([
        ["/things/:id", "GET", 200],
        ["none", "any", 404],
        ["/broken", "GET", 500],
      ]);
    const most = (performance.now() - began) / 1000;
    for (const { seconds } of counted) expect(seconds).toBeLessThan(most);
  });
});
