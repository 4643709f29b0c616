import { now, wait } from "../clock.ts";

/** A request that is ready to be sent. */
export interface Ready {
  url: string;
  init: RequestInit;
}

/** Milliseconds until the whole answer, for each request; a request is sent when the previous one is answered. */
export async function timeInTurn(requests: Ready[]): Promise<number[]> {
  const times: number[] = [];
  for (const request of requests) {
    const sentAt = now();
    await send(request);
    times.push(now() - sentAt);
  }
  return times;
}

/**
 * Milliseconds from each request's due time at a fixed pace, whether or not previous ones are answered. A request that
 * is sent late counts as slow.
 */
export async function timePaced(
  requests: Ready[],
  perSecond: number,
): Promise<number[]> {
  const begunAt = now();
  return await Promise.all(requests.map(async (request, i) => {
    const dueAt = begunAt + i * 1000 / perSecond;
    await wait(Math.max(0, dueAt - now()));
    await send(request);
    return now() - dueAt;
  }));
}

/** @throws {Error} if the answer is not 2xx: timings with errors are meaningless */
async function send({ url, init }: Ready): Promise<void> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.ok) return;
  throw new Error(`${init.method} ${url} answered ${response.status}: ${text}`);
}
