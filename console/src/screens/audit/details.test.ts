import { expect, it } from "vitest";
import { detailsOf, summaryOf } from "./details.ts";

it("says which columns of a setting changed, from what to what", () => {
  const details = {
    setting: "alert_rules",
    change: "update",
    columns: ["is_enabled", "threshold"],
    row: { rule: "PipelineQueueOld" },
    from: { is_enabled: true, threshold: 300 },
    to: { is_enabled: false, threshold: 600 },
  };
  expect(summaryOf(details)).toBe("alert_rules PipelineQueueOld: is_enabled true → false, threshold 300 → 600");
});

it("names a changed column whose values are secret", () => {
  expect(summaryOf({ setting: "endpoints", columns: ["url"], row: { name: "app" }, from: {}, to: {} }))
    .toBe("endpoints app: url");
});

it("shows a value that came or went", () => {
  expect(summaryOf({ setting: "limits", columns: ["a", "b"], from: { a: 1 }, to: { b: 2 } }))
    .toBe("limits: a 1 → –, b – → 2");
});

it("shows the values of other details in a line", () => {
  expect(summaryOf({ reason: "bad signature", count: 3, nothing: null })).toBe("reason bad signature, count 3");
  expect(summaryOf({})).toBe("");
  expect(summaryOf("text")).toBe("");
});

it("cuts what would fill the table", () => {
  expect(summaryOf({ reason: "x".repeat(1000) })).toHaveLength(161);
});

it("lists every column with a value, and the details as they are", () => {
  expect(detailsOf({ audit_no: 7, network: null, request_id: "r", details: { a: { b: 1 } } })).toEqual([
    ["audit_no", "7"],
    ["request_id", "r"],
    ["details", '{\n  "a": {\n    "b": 1\n  }\n}'],
  ]);
  expect(detailsOf({ audit_no: 7, details: {} })).toEqual([["audit_no", "7"]]);
});
