import { z } from "zod";
import type { Tally } from "./checks.ts";

const SEVERE = ["high", "critical"] as const;

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({ severity: z.string(), range: z.string() }),
  ),
});
const refusal = z.object({
  error: z.unknown(),
  message: z.string().optional(),
});

/** The result of an audit, as a sentence and as a count; without an answer of the registry it is skipped, not passed. */
export interface AuditOutcome {
  passed: number;
  failed: number;
  skipped: number;
  message: string;
}

/**
 * Asks the registry for vulnerabilities of the packages that deploy. Findings below "high" do not fail the check.
 * https://docs.npmjs.com/cli/commands/npm-audit
 */
export async function auditDependencies(): Promise<Tally> {
  const { stdout } = await new Deno.Command("npm", {
    args: ["audit", "--omit=dev", "--json"],
    stdin: "null",
    stderr: "null",
  }).output();
  const { passed, failed, skipped, message } = readAudit(
    new TextDecoder().decode(stdout),
  );
  console[failed > 0 ? "error" : "log"](message);
  return { passed, skipped, failures: failed > 0 ? [message] : [] };
}

/** @param output of `npm audit --json` */
export function readAudit(output: string): AuditOutcome {
  const answer = parse(output);
  const audited = report.safeParse(answer);
  if (audited.success) {
    const severe = Object.entries(audited.data.vulnerabilities).filter(
      ([, { severity }]) => SEVERE.some((word) => word === severity),
    );
    return severe.length === 0
      ? tally(
        "passed",
        "The packages that deploy have no known severe vulnerability.",
      )
      : tally(
        "failed",
        `Vulnerabilities of the packages that deploy (see npm audit for details):\n${
          severe.map(([name, { severity, range }]) => `  ${name} ${range}: ${severity}`).join("\n")
        }`,
      );
  }
  const refused = refusal.safeParse(answer);
  return refused.success
    ? tally(
      "skipped",
      `Skipped: the registry offers no audits (${refused.data.message ?? "no reason given"}).`,
    )
    : tally("failed", `npm audit returned an unknown format:\n${output}`);
}

function tally(
  which: "passed" | "failed" | "skipped",
  message: string,
): AuditOutcome {
  return { passed: 0, failed: 0, skipped: 0, [which]: 1, message };
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
