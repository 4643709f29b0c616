import type { Tally } from "./checks.ts";

/** The results of some checks. Serialisable. */
export interface Summary extends Required<Tally> {
  /** Each check's duration, in the order in which they ended. */
  seconds: [check: string, seconds: number][];
}

export const NOTHING: Summary = {
  passed: 0,
  skipped: 0,
  failures: [],
  unsteady: [],
  seconds: [],
};

/** The result of one check, whose tests are prefixed with its name. */
export function summaryOf(
  check: string,
  { passed, skipped, failures, unsteady = [] }: Tally,
  seconds: number,
): Summary {
  const named = (test: string) => `${check}: ${test}`;
  return {
    passed,
    skipped,
    failures: failures.map(named),
    unsteady: unsteady.map(named),
    seconds: [[check, seconds]],
  };
}

export function sum(some: Summary, others: Summary): Summary {
  return {
    passed: some.passed + others.passed,
    skipped: some.skipped + others.skipped,
    failures: [...some.failures, ...others.failures],
    unsteady: [...some.unsteady, ...others.unsteady],
    seconds: [...some.seconds, ...others.seconds],
  };
}

/** Without a passed test it is no success. */
export const isSuccess = ({ passed, failures }: Summary) => failures.length === 0 && passed > 0;

/** Formats failures and retries, each check's duration, and one line with all counts. */
export function describe(
  { passed, skipped, failures, unsteady, seconds }: Summary,
): string {
  const times = seconds.map(([check, took]) => `${check} ${took.toFixed(1)} s`);
  return [
    ...list("Passed only in a retry:", unsteady),
    ...list("What failed:", failures),
    ...times.length > 1 ? [`\nTook: ${times.join(", ")}`] : [],
    `\n${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  ].join("\n");
}

function list(title: string, names: string[]): string[] {
  if (names.length === 0) return [];
  return [`\n${title}`, ...names.map((name) => `  ${name}`)];
}
