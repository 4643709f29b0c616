import { describe, expect, test } from "vitest";
import { BytesInFlight } from "./bytes_in_flight.ts";

describe("bytes in flight", () => {
  test("are limited per caller until they are released", () => {
    const inFlight = new BytesInFlight({ inAll: 100, ofCaller: 60 });
    const release = inFlight.reserve("ada", 40)!;
    expect(inFlight.reserve("ada", 21)).toBeNull();
    const second = inFlight.reserve("ada", 20)!;
    expect(inFlight.reserve("ada", 1)).toBeNull();
    release();
    second();
    expect(inFlight.reserve("ada", 60)).not.toBeNull();
  });

  test("are limited for all callers together", () => {
    const inFlight = new BytesInFlight({ inAll: 100, ofCaller: 60 });
    const release = inFlight.reserve("ada", 60)!;
    expect(inFlight.reserve("ben", 41)).toBeNull();
    expect(inFlight.reserve("ben", 40)).not.toBeNull();
    expect(inFlight.reserve("cy", 1)).toBeNull();
    release();
    expect(inFlight.reserve("cy", 60)).not.toBeNull();
  });
});
