import { afterEach, beforeEach, expect, it } from "vitest";
import { wait } from "../clock.ts";
import { timeInTurn, timePaced } from "./timing.ts";

let answerAfterMs: number;
let answerOnceAtWork: number;
let enoughAtWork: PromiseWithResolvers<void>;
let status: number;
let atWork: number;
let mostAtWork: number;
let server: Deno.HttpServer<Deno.NetAddr>;

beforeEach(() => {
  [answerAfterMs, answerOnceAtWork, status] = [0, 1, 200];
  [atWork, mostAtWork] = [0, 0];
  enoughAtWork = Promise.withResolvers();
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async () => {
      mostAtWork = Math.max(mostAtWork, ++atWork);
      if (atWork >= answerOnceAtWork) enoughAtWork.resolve();
      await enoughAtWork.promise;
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

it("sends requests one by one", async () => {
  answerAfterMs = 20;
  const times = await timeInTurn(requests(3));
  expect(times).toHaveLength(3);
  for (const time of times) expect(time).toBeGreaterThanOrEqual(19);
  expect(mostAtWork).toBe(1);
});

it("keeps its pace when answers are slow, and counts from each due time", async () => {
  answerOnceAtWork = 10;
  const times = await timePaced(requests(10), 50);
  // All are answered together once the last has arrived, which was due 180 ms after the first.
  for (const [i, time] of times.entries()) {
    expect(time).toBeGreaterThanOrEqual((9 - i) * 20 - 1);
  }
});

it("rejects when an answer is an error", async () => {
  status = 503;
  await expect(timeInTurn(requests(1))).rejects.toThrow("answered 503: ok");
  await expect(timePaced(requests(2), 50)).rejects.toThrow("answered 503");
});
