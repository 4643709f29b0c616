/** What became of one requirement. */
export interface Finding {
  /** What is required, in a few words. */
  requirement: string;
  status: "met" | "unmet" | "unknown" | "advice";
  /** What was found. */
  found: string;
  /** What to do about it; with `unmet` and `advice`. */
  remedy?: string;
}

/** What mends many things, as whoever runs this kind of stack does it. */
export interface Remedies {
  /** Applies the migrations, and tells functions and database of each other. */
  redeploy: string;
  /** Brings the functions of this checkout to where they answer. */
  rebuild: string;
  /** Shows what a function had to say. */
  readLog: string;
  /** Brings up what does not answer at all. */
  bringUp: string;
}

export const HOSTED: Remedies = {
  redeploy: "Run npm run deploy again.",
  rebuild:
    "npm run build, then npx supabase functions deploy; or look from the checkout that was deployed.",
  readLog: "Read the function's log: Edge Functions > Logs in the dashboard.",
  bringUp:
    "Check in the dashboard that the project runs, and the password (SUPABASE_DB_PASSWORD).",
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

/** It could not be looked at from here; that is no fault. */
export function unknown(requirement: string, found: string): Finding {
  return { requirement, status: "unknown", found };
}

/** It is allowed, and could be safer. */
export function advice(
  requirement: string,
  found: string,
  remedy: string,
): Finding {
  return { requirement, status: "advice", found, remedy };
}

/** A check that throws has found something too. */
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

/** Deno's fetch says "fetch failed", and in its cause why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** One line a finding, and its remedy below; for people. */
export function showFinding(
  { requirement, status, found, remedy }: Finding,
): string[] {
  const mark = { met: "✓", unmet: "✗", unknown: "–", advice: "!" }[status];
  return [
    `${mark} ${requirement.padEnd(26)} ${found}`,
    ...(remedy ? [`    → ${remedy}`] : []),
  ];
}
