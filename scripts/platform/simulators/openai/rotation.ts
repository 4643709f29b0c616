/** 1536 dimensions are three blocks of a power of two. */
const BLOCKS = 3;
const BLOCK = 512;
const ROUNDS = 2;

/** Two sets of pseudo-random signs, always the same ones. */
const SIGNS = Array.from({ length: ROUNDS * BLOCKS * BLOCK }, (_, at) => {
  const mixed = Math.imul(at + 1, 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) & 0x1000 ? 1 : -1;
});

/**
 * Turns a vector of 1536 dimensions by a fixed rotation: lengths and angles stay, but what stood in a few dimensions is
 * spread over all of them, as in a real model's vectors. Without it, an index that keeps only the signs of the numbers
 * would see zeros. Hadamard transforms of the blocks with random signs, and a reflection that mixes the blocks.
 */
export function rotate(vector: readonly number[]): number[] {
  const turned = vector.slice();
  for (let round = 0; round < ROUNDS; round++) {
    for (let at = 0; at < turned.length; at++) {
      turned[at] *= SIGNS[round * BLOCKS * BLOCK + at];
    }
    for (let block = 0; block < BLOCKS; block++) {
      transform(turned, block * BLOCK);
    }
    for (let at = 0; at < BLOCK; at++) {
      const shared = (turned[at] + turned[at + BLOCK] +
        turned[at + 2 * BLOCK]) * 2 / BLOCKS;
      for (let block = 0; block < BLOCKS; block++) {
        turned[at + block * BLOCK] -= shared;
      }
    }
  }
  return turned;
}

/** The orthonormal Walsh-Hadamard transform of one block, in place. */
function transform(vector: number[], from: number): void {
  for (let half = 1; half < BLOCK; half *= 2) {
    for (let start = from; start < from + BLOCK; start += 2 * half) {
      for (let at = start; at < start + half; at++) {
        const one = vector[at];
        const other = vector[at + half];
        vector[at] = one + other;
        vector[at + half] = one - other;
      }
    }
  }
  const scale = 1 / Math.sqrt(BLOCK);
  for (let at = from; at < from + BLOCK; at++) vector[at] *= scale;
}
