import { afterEach, beforeEach, expect, it } from "vitest";
import { wait } from "../clock.ts";
import { timeInTurn, timePaced } from "./timing.ts";

let answerAfterMs: number;
let status: number;
let atWork: number;
let mostAtWork: number;
let server: Deno.HttpServer<Deno.NetAddr>;

beforeEach(() => {
  [answerAfterMs, status, atWork, mostAtWork] = [0, 200, 0, 0];
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async () => {
      mostAtWork = Math.max(mostAtWork, ++atWork);
      await wait(answerAfterMs);
      atWork--;
      return new Response("ok", { status });
    },
  );
});
afterEach(() => server.shutdown());

const requests = (count: number) =>
  Array.from({ length: count }, () => ({
    url: `http://127.0.0.1:${server.addr.port}`,
    init: { method: "GET" },
  }));

it("sends in turn what is timed in turn", async () => {
  answerAfterMs = 20;
  const times = await timeInTurn(requests(3));
  expect(times).toHaveLength(3);
  for (const time of times) expect(time).toBeGreaterThanOrEqual(19);
  expect(mostAtWork).toBe(1);
});

it("keeps its pace however slow the answers are, and counts from when each was due", async () => {
  answerAfterMs = 100;
  const begunAt = performance.now();
  const times = await timePaced(requests(10), 50);
  expect(performance.now() - begunAt).toBeLessThan(600);
  expect(mostAtWork).toBeGreaterThan(2);
  for (const time of times) expect(time).toBeGreaterThanOrEqual(99);
});

it("gives no numbers once an answer is an error", async () => {
  status = 503;
  await expect(timeInTurn(requests(1))).rejects.toThrow("answered 503: ok");
  await expect(timePaced(requests(2), 50)).rejects.toThrow("answered 503");
});
