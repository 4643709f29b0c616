import { afterEach, expect, test, vi } from "vitest";
import { Interruption } from "./interruption.ts";

afterEach(() => vi.useRealTimers());

test("announces the first signal and aborts, ignores its echoes, and exits at a later one", async () => {
  vi.useFakeTimers();
  let announced = 0;
  const exits: number[] = [];
  using interruption = new Interruption(
    () => announced++,
    (code) => exits.push(code),
  );
  expect(interruption.signal.aborted).toBe(false);

  interruption.receive();
  vi.advanceTimersByTime(100);
  interruption.receive();
  await interruption.happened;
  expect({ announced, exits }).toEqual({ announced: 1, exits: [] });

  vi.advanceTimersByTime(1000);
  interruption.receive();
  expect({ announced, exits }).toEqual({ announced: 1, exits: [130] });
});
