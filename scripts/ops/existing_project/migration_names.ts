import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** What the Supabase CLI takes for a migration. */
const MIGRATION = /^(\d+)_(.*)\.sql$/;
const DIGITS = 14;
/** Sets the pipeline's migrations apart from the project's own. */
const PREFIX = "pipeline_";

export function versionOf(name: string): string | undefined {
  return MIGRATION.exec(name)?.[1];
}

/**
 * Names for a release's migrations in a project: after all that the project has, in the release's order. A migration
 * keeps its version where that sorts after the project's newest.
 * @param present the file names of supabase/migrations, and of what is applied
 * @param added the release's file names, in order
 * @throws {ErrorWithRemedy} if no version sorts after the project's
 */
export function nameMigrations(present: string[], added: string[]): Map<string, string> {
  const taken = present.filter((name) => versionOf(name) !== undefined).sort();
  const newest = taken.map((name) => versionOf(name)!).sort().at(-1);
  const keeps = newest === undefined || added.every((name) => versionOf(name)! > newest);
  const names = new Map(added.map((name, i) => {
    const [, version, rest] = MIGRATION.exec(name)!;
    const own = rest.startsWith(PREFIX) ? rest : `${PREFIX}${rest}`;
    return [name, `${keeps ? version : after(newest, i + 1)}_${own}.sql`];
  }));
  const last = taken.at(-1);
  const ordered = [...names.values()];
  const isAfter = ordered.every((name, i) =>
    (last === undefined || name > last) && (newest === undefined || versionOf(name)! > newest) &&
    versionOf(name)!.length === DIGITS && (i === 0 || name > ordered[i - 1])
  );
  if (isAfter) return names;
  throw new ErrorWithRemedy(
    `No migration can be named so that it sorts after ${last}.`,
    "Migrations are applied in the order of their names. Rename that one to a time, such as 20260101000000_name.sql, " +
      "and repair the history (npx supabase migration repair), then run the command again.",
  );
}

/** The version so many seconds after another. */
function after(version: string, seconds: number): string {
  const digits = version.slice(0, DIGITS).padEnd(DIGITS, "0");
  const [, ...parts] = /^(....)(..)(..)(..)(..)(..)$/.exec(digits)!;
  const [year, month, day, hour, minute, second] = parts.map(Number);
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isTime = formatted(time) === digits;
  if (!isTime) return String(BigInt(digits) + BigInt(seconds)).padStart(DIGITS, "0");
  return formatted(new Date(time.getTime() + seconds * 1000));
}

function formatted(time: Date): string {
  return Number.isNaN(time.getTime()) ? "" : time.toISOString().replaceAll(/[-:T]|\..*$/g, "");
}
