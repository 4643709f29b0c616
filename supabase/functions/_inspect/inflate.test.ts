import { Buffer } from "node:buffer";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Random } from "../../../scripts/dev/seeded_random.ts";
import { inflate } from "./inflate.ts";
import { emptyBlocks } from "./testing/hostile_files.ts";

const UNBOUNDED = {
  keep: Infinity,
  mostBytes: Infinity,
  mostSteps: Infinity,
};

describe("inflate", () => {
  const seeded = new Random(7);
  const random = () => seeded.next();
  const bytes = (length: number, next: () => number) => Buffer.from(Uint8Array.from({ length }, next));
  const contents: [string, Buffer][] = [
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from("q")],
    ["zeros", Buffer.alloc(300_000)],
    ["noise", bytes(200_000, () => random() * 256)],
    ["few values", bytes(200_000, () => random() * 4)],
    ["skewed values", bytes(200_000, () => random() ** 8 * 256)],
    [
      "words",
      Buffer.from(
        Array.from(
          { length: 40_000 },
          () => ["loan", "return", "fee", "day", "library"][random() * 5 | 0],
        )
          .join(" "),
      ),
    ],
    [
      "copies from far back",
      Buffer.concat([
        bytes(32_000, () => random() * 256),
        Buffer.alloc(700),
        bytes(100, () => random() * 256),
      ]),
    ],
  ];
  const ways = [
    { level: 0 },
    { level: 1 },
    { level: 9 },
    { level: 9, memLevel: 1 },
    { strategy: constants.Z_HUFFMAN_ONLY },
    { strategy: constants.Z_FIXED },
    { strategy: constants.Z_RLE },
  ];

  it.each(contents)("returns the unpacked content: %s", (_what, content) => {
    for (const way of ways) {
      const packed = deflateRawSync(content, way);
      const followed = Buffer.concat([packed, Buffer.from("endstream")]);
      const { size, kept, isCutOff } = inflate(followed, UNBOUNDED);
      expect([way, size, isCutOff]).toEqual([way, content.length, false]);
      expect(Buffer.compare(kept, content)).toBe(0);
    }
  });

  it.each(contents)(
    "counts the same when it keeps less: %s",
    (_what, content) => {
      for (const keep of [0, 4, 70_000]) {
        const packed = deflateRawSync(content);
        const { size, kept } = inflate(packed, { ...UNBOUNDED, keep });
        expect(size).toBe(content.length);
        expect(Buffer.compare(kept, content.subarray(0, keep))).toBe(0);
      }
    },
  );

  it("reports truncated data, wherever they end", () => {
    const packed = deflateRawSync(contents[6][1].subarray(0, 3000));
    for (let length = 0; length < packed.length; length++) {
      const read = inflate(packed.subarray(0, length), UNBOUNDED);
      expect([length, read.isCutOff]).toEqual([length, true]);
      expect(read.size).toBeLessThanOrEqual(3000);
    }
  });

  it("reads damaged data as zlib does, if zlib reads them", () => {
    const content = contents[6][1].subarray(0, 3000);
    let readable = 0;
    for (const way of ways) {
      const packed = deflateRawSync(content, way);
      for (let at = 0; at < packed.length; at++) {
        const damaged = Buffer.from(packed);
        damaged[at] ^= 0x55;
        const whole = unpackedByZlib(damaged);
        if (!whole) continue;
        const { kept, isCutOff } = inflate(damaged, UNBOUNDED);
        expect([way, at, isCutOff]).toEqual([way, at, false]);
        expect(Buffer.compare(kept, whole)).toBe(0);
        readable++;
      }
    }
    expect(readable).toBeGreaterThan(1000);
  });

  it("stops soon after either limit", () => {
    const packed = deflateRawSync(Buffer.alloc(10_000_000));
    const bytesBound = inflate(packed, { ...UNBOUNDED, mostBytes: 1000 });
    expect(bytesBound.size).toBeGreaterThan(1000);
    expect(bytesBound.size).toBeLessThan(2000);
    const stepsBound = inflate(packed, {
      keep: 0,
      mostBytes: Infinity,
      mostSteps: 10_000,
    });
    expect(stepsBound.steps).toBeGreaterThan(10_000);
    expect(stepsBound.steps).toBeLessThan(15_000);
  });

  it("counts the work of blocks that yield nothing", () => {
    const { size, steps } = inflate(emptyBlocks(1250), UNBOUNDED);
    expect(size).toBe(0);
    expect(steps).toBeGreaterThan(20_000_000);
  });
});

function unpackedByZlib(data: Uint8Array): Buffer | null {
  try {
    return inflateRawSync(data);
  } catch {
    return null;
  }
}
