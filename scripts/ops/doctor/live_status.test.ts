import { expect, test } from "vitest";
import { judgeLiveStatus } from "./live_status.ts";

const working = { is_on: true, has_realtime: true, has_policies: true, unsent_count: 0 };

test("is met when Realtime broadcasts, and when live status is switched off", () => {
  expect(judgeLiveStatus(working)).toMatchObject({ status: "met", found: expect.stringContaining("owners alone") });
  expect(judgeLiveStatus({ is_on: false, has_realtime: false, has_policies: false, unsent_count: 3 }))
    .toMatchObject({ status: "met", found: expect.stringContaining("switched off") });
});

test("advises when the database has no Realtime", () => {
  expect(judgeLiveStatus({ ...working, has_realtime: false, has_policies: false })).toMatchObject({
    status: "advice",
    remedy: expect.stringContaining("switch live status off"),
  });
});

test("is unmet when the policies are missing", () => {
  expect(judgeLiveStatus({ ...working, has_policies: false })).toMatchObject({
    status: "unmet",
    remedy: expect.stringContaining("open_live_topics()"),
  });
});

test("advises when Realtime did not store messages", () => {
  expect(judgeLiveStatus({ ...working, unsent_count: 2 })).toMatchObject({
    status: "advice",
    found: expect.stringContaining("2 messages"),
  });
});
