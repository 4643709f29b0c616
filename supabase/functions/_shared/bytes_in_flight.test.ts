import { describe, expect, test } from "vitest";
import { BytesInFlight } from "./bytes_in_flight.ts";

describe("bytes in flight", () => {
  test("are limited per caller until they are released", () => {
    const room = new BytesInFlight({ inAll: 100, ofCaller: 60 });
    const leave = room.enter("ada", 40)!;
    expect(room.enter("ada", 21)).toBeNull();
    const second = room.enter("ada", 20)!;
    expect(room.enter("ada", 1)).toBeNull();
    leave();
    second();
    expect(room.enter("ada", 60)).not.toBeNull();
  });

  test("are limited for all callers together", () => {
    const room = new BytesInFlight({ inAll: 100, ofCaller: 60 });
    const leave = room.enter("ada", 60)!;
    expect(room.enter("ben", 41)).toBeNull();
    expect(room.enter("ben", 40)).not.toBeNull();
    expect(room.enter("cy", 1)).toBeNull();
    leave();
    expect(room.enter("cy", 60)).not.toBeNull();
  });
});
