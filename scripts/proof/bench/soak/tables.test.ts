import { expect, it } from "vitest";
import { growthOf, type TableState } from "./tables.ts";

const table = (name: string, bytes: number, dead = 0): TableState => ({
  name,
  bytes,
  live: 10,
  dead,
  vacuums: 1,
});

it("compares a table's final size with the one at half-time, and keeps the worst number of dead rows", () => {
  const samples = [
    [table("grows", 100), table("stays", 900, 5), table("small", 1)],
    [table("grows", 200), table("stays", 1000, 90), table("small", 1)],
    [table("grows", 400), table("stays", 1000, 20), table("small", 2)],
  ];
  expect(growthOf(samples, 100)).toEqual([
    {
      name: "stays",
      firstBytes: 900,
      lastBytes: 1000,
      factor: 1,
      live: 10,
      mostDead: 90,
      vacuums: 1,
    },
    {
      name: "grows",
      firstBytes: 100,
      lastBytes: 400,
      factor: 2,
      live: 10,
      mostDead: 0,
      vacuums: 1,
    },
  ]);
});
