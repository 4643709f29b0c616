import { expect, it } from "vitest";
import { isoTime, localTime } from "./local_time.ts";

it("keeps a moment from the address to the field and back", () => {
  const moment = "2026-11-23T10:30:00.000Z";
  expect(isoTime(localTime(moment))).toBe(moment);
  expect(localTime("soon")).toBe("");
  expect(localTime(undefined)).toBe("");
  expect(isoTime("")).toBe("");
});
