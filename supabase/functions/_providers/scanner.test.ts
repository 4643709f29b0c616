import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { onHostedDeno } from "../../../scripts/platform/stack/functions/testing/hosted_deno.ts";
import { createClamd } from "./scanner.ts";
import { type Clamd, EICAR, startClamd } from "./testing/fake_clamd.ts";

let clamd: Clamd | undefined;
afterEach(async () => {
  await clamd?.stop();
  clamd = undefined;
});

function scannerOf({ port }: { port: number }, timeoutMs?: number) {
  return createClamd(new URL(`tcp://127.0.0.1:${port}`), timeoutMs);
}

async function eventually(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !condition();) {
    if (Date.now() > end) throw new Error("not so after 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const unavailable = { code: "SCANNER_UNAVAILABLE", kind: "throttled" };

describe("a scanner that speaks clamd's protocol", () => {
  it("receives every byte, and reports a clean file", async () => {
    clamd = startClamd();
    const bytes = new Uint8Array(200_000).map((_, index) => index);
    for (const sent of [bytes, new Uint8Array(0)]) {
      expect(await scannerOf(clamd).scan(sent)).toBeNull();
      expect(Buffer.compare(clamd.received.at(-1)!, sent)).toBe(0);
    }
  });

  it("names the malware that it finds", async () => {
    clamd = startClamd();
    const bytes = new TextEncoder().encode(`%PDF-1.7 ${EICAR}`);
    expect(await scannerOf(clamd).scan(bytes)).toBe("Eicar-Test-Signature");
  });
});

describe("a missing result never counts as clean", () => {
  it.each([
    "stream: OK, more or less",
    "INSTREAM size limit exceeded. ERROR",
    "stream: Can't allocate memory ERROR",
    "UNKNOWN COMMAND",
    "",
  ])("the answer %j", async (answer) => {
    clamd = startClamd({ answer });
    await expect(scannerOf(clamd).scan(new Uint8Array(10))).rejects
      .toMatchObject(unavailable);
  });

  it("a daemon that refuses the size and hangs up during the transfer", async () => {
    clamd = startClamd({ mostBytes: 100_000 });
    await expect(scannerOf(clamd).scan(new Uint8Array(20_000_000))).rejects
      .toMatchObject(unavailable);
  });

  it("a daemon that hangs", async () => {
    clamd = startClamd({ answer: null });
    await expect(scannerOf(clamd, 200).scan(new Uint8Array(10))).rejects
      .toMatchObject({
        ...unavailable,
        options: { retryAfter: 30, cause: expect.anything() },
      });
  });

  it("a daemon whose machine does not accept the connection, on hosted's Deno", async () => {
    // It accepts no connection, and the kernel queues no more than two: further ones wait.
    using listener = Deno.listen({
      hostname: "127.0.0.1",
      port: 0,
      tcpBacklog: 1,
    });
    const { port } = listener.addr as Deno.NetAddr;
    const crowd = Array.from(
      { length: 4 },
      () => connect({ host: "127.0.0.1", port }).on("error", () => {}),
    );
    try {
      await eventually(() => crowd.filter(({ readyState }) => readyState === "open").length === 2);
      const { code, took } = await onHostedDeno<
        { code: string; took: number }
      >(`
        import { createClamd } from ${JSON.stringify(new URL("./scanner.ts", import.meta.url).href)};
        const begun = Date.now();
        const { code } = await createClamd(new URL("tcp://127.0.0.1:${port}"), 300)
          .scan(new Uint8Array(10)).catch((error) => error);
        console.log(JSON.stringify({ code, took: Date.now() - begun }));
        Deno.exit();`);
      expect(code).toBe(unavailable.code);
      expect(took).toBeLessThan(2_000);
    } finally {
      for (const each of crowd) each.destroy();
    }
  });

  it("a daemon that does not run", async () => {
    const { port, stop } = startClamd();
    await stop();
    await expect(scannerOf({ port }).scan(new Uint8Array(10))).rejects
      .toMatchObject(unavailable);
  });
});
