import { InvalidArgumentError } from "commander";

export function readRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) {
    throw new InvalidArgumentError("The number must be from 1 to 50.");
  }
  return rounds;
}

export function readChunks(text: string, before: number[] = []): number[] {
  const counts = text.split(",").map(Number);
  for (const count of counts) {
    if (!Number.isInteger(count) || count < 500 || count > 5_000_000) {
      throw new InvalidArgumentError(
        "Each number must be whole and from 500 to 5000000.",
      );
    }
  }
  return [...new Set([...before, ...counts])].toSorted((a, b) => a - b);
}

export function readMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 24 * 60)) {
    throw new InvalidArgumentError("The number must be at most 1440.");
  }
  return minutes;
}
