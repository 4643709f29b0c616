import { describe, expect, test } from "vitest";
import { BytesInFlight } from "./bytes_in_flight.ts";

describe("bytes in flight", () => {
  test("are given to a caller up to their share, and again once they left", () => {
    const room = new BytesInFlight({ inAll: 100, ofCaller: 60 });
    const leave = room.enter("ada", 40)!;
    expect(room.enter("ada", 21)).toBeNull();
    const second = room.enter("ada", 20)!;
    expect(room.enter("ada", 1)).toBeNull();
    leave();
    second();
    expect(room.enter("ada", 60)).not.toBeNull();
  });

  test("are no more in all than there is room for, whoever asks", () => {
    const room = new BytesInFlight({ inAll: 100, ofCaller: 60 });
    const leave = room.enter("ada", 60)!;
    expect(room.enter("ben", 41)).toBeNull();
    expect(room.enter("ben", 40)).not.toBeNull();
    expect(room.enter("cy", 1)).toBeNull();
    leave();
    expect(room.enter("cy", 60)).not.toBeNull();
  });
});
