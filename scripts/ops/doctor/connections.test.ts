import { expect, test } from "vitest";
import { judgeConnections } from "./connections.ts";

const hosted = { used: 20, others: 18, allowed: 57, needed: 30 };

test("is met when the connections suffice, and reports them", () => {
  expect(judgeConnections(hosted)).toEqual({
    requirement: "connections",
    status: "met",
    found: "20 of 57 in use; at full load the pipeline needs 30, others use 18",
  });
  expect(judgeConnections({ ...hosted, others: 27 }).status).toBe("met");
});

test("is unmet when connections are too few, before a client is refused", () => {
  const finding = judgeConnections({ ...hosted, others: 28 });
  expect(finding).toMatchObject({
    status: "unmet",
    found: expect.stringContaining("1 too few"),
    remedy: expect.stringContaining("max_invocations"),
  });
});

test("is unmet when the server is nearly full, including connections of others", () => {
  expect(judgeConnections({ ...hosted, used: 46, others: 10 }).status)
    .toBe("unmet");
});
