/** The result for one requirement. */
export interface Finding {
  /** The requirement, in a few words. */
  requirement: string;
  status: "met" | "unmet" | "unknown" | "advice";
  /** The observed state. */
  found: string;
  /** The remedy; with `unmet` and `advice`. */
  remedy?: string;
}

/** Common remedies, for the operator of this kind of stack. */
export interface Remedies {
  /** Applies the migrations, and connects functions and database. */
  redeploy: string;
  /** Deploys the functions of this checkout. */
  rebuild: string;
  /** Shows a function's log. */
  readLog: string;
  /** Starts a stopped pipeline. */
  bringUp: string;
}

export const HOSTED: Remedies = {
  redeploy: "Run npm run deploy again.",
  rebuild: "npm run build, then npx supabase functions deploy; or run the doctor from the deployed checkout.",
  readLog: "Read the function's log: Edge Functions > Logs in the dashboard.",
  bringUp: "Check in the dashboard that the project runs, and the password (SUPABASE_DB_PASSWORD).",
};

export function met(requirement: string, found: string): Finding {
  return { requirement, status: "met", found };
}

export function unmet(
  requirement: string,
  found: string,
  remedy: string,
): Finding {
  return { requirement, status: "unmet", found, remedy };
}

/** Could not be checked from here, which is no failure. */
export function unknown(requirement: string, found: string): Finding {
  return { requirement, status: "unknown", found };
}

/** Allowed, but could be safer. */
export function advice(
  requirement: string,
  found: string,
  remedy: string,
): Finding {
  return { requirement, status: "advice", found, remedy };
}

/** A check that throws has found a failure, too. */
export async function examine(
  requirement: string,
  remedy: string,
  check: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    return [unmet(requirement, reasonOf(error), remedy)];
  }
}

/** Deno's fetch fails with "fetch failed", and the reason as its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Formats one line for each finding, with its remedy below. */
export function showFinding(
  { requirement, status, found, remedy }: Finding,
): string[] {
  const mark = { met: "✓", unmet: "✗", unknown: "–", advice: "!" }[status];
  return [
    `${mark} ${requirement.padEnd(26)} ${found}`,
    ...(remedy ? [`    → ${remedy}`] : []),
  ];
}
