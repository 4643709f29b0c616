import { describe, expect, it } from "vitest";
import { readAudit } from "./audit.ts";

const reportOf = (severity?: string) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: severity ? { bad: { name: "bad", severity, range: "<2", via: [] } } : {},
    metadata: { vulnerabilities: {} },
  });

describe("an audit", () => {
  it("passes without a severe finding", () => {
    for (const severity of [undefined, "low", "moderate"]) {
      expect(readAudit(reportOf(severity))).toMatchObject({
        passed: 1,
        failed: 0,
        skipped: 0,
      });
    }
  });

  it.each(["high", "critical"])(
    "fails and names the finding when it is %s",
    (severity) => {
      expect(readAudit(reportOf(severity))).toMatchObject({
        passed: 0,
        failed: 1,
        message: expect.stringContaining(`bad <2: ${severity}`),
      });
    },
  );

  it("is skipped when the registry offers no audits", () => {
    const refused = JSON.stringify({
      message: "405 Method Not Allowed",
      error: { summary: "", detail: "" },
    });
    expect(readAudit(refused)).toMatchObject({
      passed: 0,
      failed: 0,
      skipped: 1,
      message: expect.stringContaining("405 Method Not Allowed"),
    });
  });

  it.each(["", "npm ERR!", "{}", "[]"])("fails on %j", (output) => {
    expect(readAudit(output)).toMatchObject({ passed: 0, failed: 1 });
  });
});
