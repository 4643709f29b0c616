import { z } from "zod";
import { runLocalCli } from "../../platform/cli/local_cli.ts";

/** An accepted finding. */
export interface AdvisorException {
  /** The advisor's name of the rule: https://supabase.com/docs/guides/database/database-advisors */
  lint: string;
  /** `schema.object`, for a foreign key followed by `.` and its name; a `*` at the end matches any rest. */
  subject: string;
  /** Why the finding is accepted. */
  reason: string;
}

/** Findings in the CLI's format. */
const report = z.object({
  results: z.array(z.object({
    name: z.string(),
    detail: z.string(),
    metadata: z.object({
      schema: z.string(),
      name: z.string(),
      fkey_name: z.string().optional(),
    }),
  })),
});
export type Finding = z.output<typeof report>["results"][number];

/**
 * All findings of the Supabase CLI's advisors in this database, of every level, for security and performance.
 * @throws if the CLI fails
 */
export async function readAdvisors(databaseUrl: string): Promise<Finding[]> {
  const { success, stdout, stderr } = await runLocalCli(databaseUrl, {
    args: ["db", "advisors", "--level", "info", "--output-format", "json"],
  });
  if (!success) throw new Error(`supabase db advisors failed: ${stderr}`);
  return report.parse(JSON.parse(stdout)).results;
}

/** A sentence for each unaccepted finding, and for each accepted one that is not found. */
export function judgeFindings(
  findings: Finding[],
  exceptions: AdvisorException[],
): string[] {
  const accepts = ({ lint, subject }: AdvisorException, finding: Finding) =>
    lint === finding.name &&
    (subject.endsWith("*") ? subjectOf(finding).startsWith(subject.slice(0, -1)) : subjectOf(finding) === subject);
  return [
    ...findings.filter((finding) => !exceptions.some((exception) => accepts(exception, finding))).map((finding) =>
      `${finding.name} ${subjectOf(finding)}: ${finding.detail}`
    ),
    ...exceptions.filter((exception) => !findings.some((finding) => accepts(exception, finding))).map((
      { lint, subject },
    ) => `${lint} ${subject} is accepted, but no longer found: delete the exception`),
  ];
}

function subjectOf({ metadata }: Finding): string {
  const { schema, name, fkey_name } = metadata;
  return [schema, name, fkey_name].filter(Boolean).join(".");
}
