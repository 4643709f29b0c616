import { expect, it } from "vitest";
import { decode, encode, encodeBroadcast, MalformedFrame } from "./frames.ts";

const message = { joinRef: "1", ref: "2", topic: "realtime:a", event: "phx_join", payload: { n: 1 } };

it("encodes messages as arrays or as objects", () => {
  expect(decode(encode(message, "2.0.0"), "2.0.0")).toEqual(message);
  expect(decode(encode(message, "1.0.0"), "1.0.0")).toEqual({ ...message, joinRef: null });
});

it("encodes a broadcast's lengths in bytes", () => {
  const frame = encodeBroadcast("realtime:ä", { event: "ö", payload: '{"n":1}', id: "i" }, "2.0.0") as Uint8Array;
  expect([...frame.subarray(0, 5)]).toEqual([4, 11, 2, 10, 1]);
  expect(new TextDecoder().decode(frame.subarray(5))).toBe('realtime:äö{"id":"i"}{"n":1}');
});

it("sends bytes with version 2.0.0 only, and no field that is longer than its length can say", () => {
  const bytes = { event: "e", payload: new Uint8Array([1, 2]) };
  expect((encodeBroadcast("t", bytes, "2.0.0") as Uint8Array).at(-1)).toBe(2);
  expect(encodeBroadcast("t", bytes, "1.0.0")).toBeUndefined();
  expect(encodeBroadcast("t", { event: "e".repeat(256), payload: "{}" }, "2.0.0")).toBeUndefined();
});

it("decodes a broadcast that a client pushes", () => {
  const text = new TextEncoder().encode('12realtime:amoved{"n":1}');
  const frame = new Uint8Array([3, 1, 1, 10, 5, 0, 1, ...text]);
  expect(decode(frame.buffer, "2.0.0")).toEqual({
    joinRef: "1",
    ref: "2",
    topic: "realtime:a",
    event: "broadcast",
    payload: { event: "moved", payload: '{"n":1}' },
    isFrame: true,
  });
});

it.each([[[]], [[0, 1, 1, 1, 1, 1, 1]], [[3, 9, 9, 9, 9, 9, 1]]])("refuses the frame %j", (bytes) => {
  expect(() => decode(new Uint8Array(bytes).buffer, "2.0.0")).toThrow(MalformedFrame);
});
