import { expect, it } from "vitest";
import { toHalfVectorLiteral } from "./half_vector.ts";

/** Every positive number of half precision, in its order. */
const halves: number[] = [];
for (let n = 0; n < 1024; n++) halves.push(n * 2 ** -24);
for (let exponent = -14; exponent <= 15; exponent++) {
  for (let n = 0; n < 1024; n++) halves.push((1 + n / 1024) * 2 ** exponent);
}

const read = (literal: string) => literal.slice(1, -1).split(",").map(Number);

/** The number of single precision next to this positive one. */
function beside(number: number, step: 1 | -1): number {
  const single = Float32Array.of(number);
  new Uint32Array(single.buffer)[0] += step;
  return single[0];
}

/** Which of the numbers of half precision is nearest to each; of two the even one. */
function nearest(numbers: number[]): number[] {
  return numbers.map((number) => {
    let low = 0;
    let high = halves.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (halves[middle] <= number) low = middle;
      else high = middle;
    }
    const before = number - halves[low];
    const after = halves[high] - number;
    if (before === after) return low + low % 2;
    return before < after ? low : high;
  });
}

it("writes a vector as pgvector reads it", () => {
  expect(toHalfVectorLiteral(Float32Array.of(0.5, -1, 0, -0, 1e-9, -1e-9)))
    .toBe("[.5,-1,0,0,0,-0]");
  expect(toHalfVectorLiteral([])).toBe("[]");
});

it("writes every number of half precision differently from its neighbours", () => {
  const literals = read(toHalfVectorLiteral(halves));
  expect(nearest(literals)).toEqual(halves.map((_, n) => n));
  expect(read(toHalfVectorLiteral(halves.slice(1).map((half) => -half))))
    .toEqual(literals.slice(1).map((literal) => -literal));
});

it("rounds to the nearest, and what lies in the middle to the even one", () => {
  const indexOf = new Map(
    read(toHalfVectorLiteral(halves)).map((literal, n) => [literal, n]),
  );
  const written = (numbers: number[]) => read(toHalfVectorLiteral(numbers)).map((literal) => indexOf.get(literal));
  const middles = halves.slice(1).map((half, n) => (halves[n] + half) / 2);
  expect(written(middles)).toEqual(middles.map((_, n) => n + n % 2));
  expect(written(middles.map((middle) => beside(middle, -1))))
    .toEqual(middles.map((_, n) => n));
  expect(written(middles.map((middle) => beside(middle, 1))))
    .toEqual(middles.map((_, n) => n + 1));
});

it("leaves to Postgres what is too large", () => {
  expect(toHalfVectorLiteral([65504, 65519, 65520, -1e9, Infinity, NaN]))
    .toBe("[65500,65500,65520,-1000000000,Infinity,NaN]");
});

it("takes less than two fifths of the characters of the numbers in full", () => {
  const numbers = Float32Array.from(
    { length: 1536 },
    (_, n) => Math.sin(n) / 28,
  );
  expect(toHalfVectorLiteral(numbers).length)
    .toBeLessThan(numbers.join().length * 0.4);
});
