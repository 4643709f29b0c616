/** Deterministic pseudo-random numbers from 0 up to 1. */
export type Chance = () => number;

/** A separate source for each key of whole numbers: a chunk's words do not depend on earlier chunks. */
export function chanceOf(...parts: number[]): Chance {
  let state = 0x9e3779b9;
  for (const part of parts) state = mix(state ^ (part | 0));
  // Mulberry32.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to, but excluding, `bound`. */
export function below(chance: Chance, bound: number): number {
  return Math.floor(chance() * bound);
}

export function oneOf<T>(chance: Chance, items: readonly T[]): T {
  return items[below(chance, items.length)];
}

/** From the normal distribution with mean 0 and variance 1. */
export function gaussian(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) *
    Math.cos(2 * Math.PI * chance());
}

export function shuffled<T>(chance: Chance, items: readonly T[]): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = below(chance, i + 1);
    [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
  }
  return mixed;
}

/** A 32-bit hash in which every bit depends on every bit of the input. */
export function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
