/** Numbers in half precision, by their bits, as they are written. Few of them occur, and each a thousand times. */
const written: string[] = [];

/**
 * The vector as pgvector reads it into a `halfvec`: to the bit what the numbers in full would become there, in little
 * more than a third of the characters. Postgres rounds to the nearest number of half precision, and of two to the even
 * one; so does this, and then writes the fewest digits, five at most, that distinguish it from its neighbours. What
 * `halfvec` cannot hold is written as it is, for Postgres to refuse.
 */
export function toHalfVectorLiteral(vector: ArrayLike<number>): string {
  const numbers = Float32Array.from(vector);
  const bits = new Uint32Array(numbers.buffer);
  const literals = new Array<string>(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const half = toHalfBits(bits[i], numbers[i]);
    literals[i] = (half & 0x7fff) >= INFINITE ? String(numbers[i]) : written[half] ??= write(half);
  }
  return `[${literals.join(",")}]`;
}

/** Of half precision: the bits of infinity, of the least number that has all its digits, and what its digits count. */
const INFINITE = 0x7c00;
const LEAST_NORMAL = 0x0400;
const DIGITS = 10;
const LEAST = 2 ** -24;
/** Of single precision: the bits of the least number that has all its digits in half precision. */
const SINGLE_LEAST_NORMAL = 0x38800000;
/** How much larger the exponent is written in single precision. */
const BIAS = 127 - 15;
/** Added and taken away again, it rounds what is small to whole numbers, and of two to the even one. */
const WHOLE = 2 ** 52;

function toHalfBits(bits: number, number: number): number {
  const sign = number < 0 ? 0x8000 : 0;
  const positive = bits & 0x7fffffff;
  if (positive < SINGLE_LEAST_NORMAL) {
    return sign | ((Math.abs(number) / LEAST + WHOLE) - WHOLE);
  }
  const isOdd = (positive >>> 13) & 1;
  const rounded = ((positive + 0xfff + isOdd) >>> 13) - (BIAS << DIGITS);
  return sign | Math.min(rounded, INFINITE);
}

function write(half: number): string {
  const positive = half & 0x7fff;
  const value = positive < LEAST_NORMAL
    ? positive * LEAST
    : (1 + (positive & 0x3ff) / 1024) * 2 ** ((positive >>> DIGITS) - 15);
  // The fewest digits that are read as this number.
  for (let digits = 3;; digits++) {
    const literal = Number(value.toPrecision(digits));
    if (digits === 5 || toHalfBits(...bitsOf(literal)) === positive) {
      return (half & 0x8000 ? "-" : "") + String(literal).replace(/^0\./, ".");
    }
  }
}

/** A number in single precision, as its bits and itself. */
function bitsOf(number: number): [number, number] {
  const single = Float32Array.of(number);
  return [new Uint32Array(single.buffer)[0], single[0]];
}
