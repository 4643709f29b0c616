import { Buffer } from "node:buffer";
import { afterEach, describe, expect, it } from "vitest";
import { type Clamd, EICAR, startClamd } from "./fake_clamd.ts";
import { createClamd } from "./scanner.ts";

let clamd: Clamd | undefined;
afterEach(async () => {
  await clamd?.stop();
  clamd = undefined;
});

function scannerOf({ port }: { port: number }, timeoutMs?: number) {
  return createClamd(new URL(`tcp://127.0.0.1:${port}`), timeoutMs);
}
const unavailable = { code: "SCANNER_UNAVAILABLE", kind: "throttled" };

describe("a scanner that speaks clamd's protocol", () => {
  it("is sent every byte, and says what is clean", async () => {
    clamd = startClamd();
    const bytes = new Uint8Array(200_000).map((_, index) => index);
    for (const sent of [bytes, new Uint8Array(0)]) {
      expect(await scannerOf(clamd).scan(sent)).toBeNull();
      expect(Buffer.compare(clamd.received.at(-1)!, sent)).toBe(0);
    }
  });

  it("names what it finds", async () => {
    clamd = startClamd();
    const bytes = new TextEncoder().encode(`%PDF-1.7 ${EICAR}`);
    expect(await scannerOf(clamd).scan(bytes)).toBe("Eicar-Test-Signature");
  });
});

describe("no verdict is never a clean one", () => {
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

  it("a daemon that takes no file of this size, says so and hangs up while it is sent", async () => {
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

  it("a daemon that is not there", async () => {
    const { port, stop } = startClamd();
    await stop();
    await expect(scannerOf({ port }).scan(new Uint8Array(10))).rejects
      .toMatchObject(unavailable);
  });
});
