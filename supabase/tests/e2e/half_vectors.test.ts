import { describe, expect, it } from "vitest";
import { toVectorLiteral } from "../../functions/_providers/openai.ts";
import { toHalfVectorLiteral } from "../../functions/_stages/half_vector.ts";
import { useDatabase } from "./hooks.ts";

const DIMENSIONS = 1536;

describe("a vector in the decimal digits of half precision", () => {
  const sql = useDatabase();

  /** Each vector in pgvector's binary format. */
  const stored = async (literals: string[]) => {
    const rows = await sql<{ bits: string }[]>`
      select encode(extensions.halfvec_send(vector::extensions.halfvec(1536)), 'hex') as bits
      from unnest(${literals}::text[]) with ordinality v (vector, place) order by place`;
    return rows.map(({ bits }) => bits);
  };

  it("is stored with the same bits as in full precision", async () => {
    // Of all magnitudes of half precision, those of an embedding among them, and smaller ones.
    const vectors = Array.from({ length: 200 }, (_, n) =>
      Float32Array.from(
        { length: DIMENSIONS },
        (_, i) => Math.sin(n * DIMENSIONS + i) * 2 ** (14 - n % 45),
      ));
    // All values of half precision, and the midpoints between neighbours.
    for (let first = 0; first < 0x7bff; first += DIMENSIONS) {
      const halves = Array.from(
        { length: DIMENSIONS },
        (_, i) => Math.min(first + i, 0x7bfe),
      );
      vectors.push(
        Float32Array.from(halves, value),
        Float32Array.from(halves, (n) => (value(n) + value(n + 1)) / 2),
        Float32Array.from(halves, (n) => -(value(n) + value(n + 1)) / 2),
      );
    }
    expect(await stored(vectors.map(toHalfVectorLiteral)))
      .toEqual(await stored(vectors.map(toVectorLiteral)));
  });

  it("is refused when half precision cannot hold it", async () => {
    const vector = new Float32Array(DIMENSIONS).fill(65520);
    await expect(stored([toHalfVectorLiteral(vector)]))
      .rejects.toThrow(/out of range for type halfvec/);
  });
});

/** The positive half-precision number with these bits. */
function value(half: number): number {
  return half < 0x400 ? half * 2 ** -24 : (1 + (half & 0x3ff) / 1024) * 2 ** ((half >> 10) - 15);
}
