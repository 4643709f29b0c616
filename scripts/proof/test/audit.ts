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

/** What an audit came to, for people, and as a count; a registry that answers no audits is no pass. */
export interface AuditOutcome {
  passed: number;
  failed: number;
  skipped: number;
  message: string;
}

/**
 * Asks the registry what is known against the packages that deploy. Findings below "high" are for a person to weigh.
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
      ? tally("passed", "Nothing severe is known against what deploys.")
      : tally(
        "failed",
        `Known against what deploys (npm audit tells more):\n${
          severe.map(([name, { severity, range }]) =>
            `  ${name} ${range}: ${severity}`
          ).join("\n")
        }`,
      );
  }
  const refused = refusal.safeParse(answer);
  return refused.success
    ? tally(
      "skipped",
      `Not audited: the registry answers no audits (${
        refused.data.message ?? "no reason given"
      }).`,
    )
    : tally("failed", `npm audit said what nobody understands:\n${output}`);
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
