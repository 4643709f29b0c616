import { expect, it } from "vitest";
import { onHostedDeno } from "../../platform/stack/functions/testing/hosted_deno.ts";

/** Clears immediates from a connection's callback, and counts those that run all the same. */
const program = (from: string) => `
  import net from "node:net";
  import { clearImmediate, setImmediate } from ${JSON.stringify(from)};

  const server = net.createServer((socket) => socket.pipe(socket));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  let [cleared, ran, arrived] = [0, 0, 0];
  for (let n = 0; n < 4; n++) {
    const socket = net.connect(server.address().port, "127.0.0.1");
    let waiting;
    socket.on("connect", () => socket.write("x"));
    socket.on("data", () => {
      if (waiting) {
        clearImmediate(waiting.handle);
        waiting.isCleared = true;
        cleared++;
      }
      const mine = waiting = { isCleared: false };
      mine.handle = setImmediate(() => {
        if (mine.isCleared) ran++;
        if (waiting === mine) waiting = undefined;
      });
      if (++arrived === 20_000) {
        console.log(JSON.stringify({ cleared, ran }));
        Deno.exit();
      }
      socket.write("x");
    });
  }`;

interface Count {
  cleared: number;
  ran: number;
}

it("a cleared immediate never runs in a bundle, as on hosted's Deno", async () => {
  const ours = new URL("node_globals.js", import.meta.url).href;
  const { cleared, ran } = await onHostedDeno<Count>(program(ours));
  expect(cleared).toBeGreaterThan(1_000);
  expect(ran).toBe(0);
  // When this fails, the replacements are no longer needed.
  expect((await onHostedDeno<Count>(program("node:timers"))).ran)
    .toBeGreaterThan(0);
});
