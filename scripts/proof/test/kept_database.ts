import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { Interruption } from "../../dev/terminal/interruption.ts";
import { fileChanges } from "../../platform/dev_mode/file_changes.ts";
import { applyMigrations } from "../../platform/stack/postgres/migrations.ts";
import { reapplyEdits } from "../../platform/stack/postgres/reapply.ts";
import { removeData } from "../../platform/stack/remove_state.ts";
import { type Stack, startStack } from "../../platform/stack/stack.ts";
import { KEPT_TESTS_DIR } from "../../platform/stack/state_dir.ts";
import { withTestStack } from "../../platform/test_stack/test_stack.ts";
import type { Tally } from "./checks.ts";
import { tallyOf } from "./database.ts";
import { DATABASE_TESTS, renewFixtures } from "./fixtures.ts";
import { runPgTap } from "./pgtap.ts";

/**
 * Runs the matching SQL tests on a database that is kept between runs, with the present migrations and fixtures; on a
 * new one while another run uses it.
 * @param patterns parts of test files' paths
 */
export async function testChosen(patterns: string[]): Promise<Tally> {
  try {
    await using database = await KeptDatabase.open();
    return await database.test(patterns);
  } catch (error) {
    const isTaken = error instanceof ErrorWithRemedy &&
      error.code === "instance_running";
    if (!isTaken) throw error;
    return await withTestStack(async ({ databaseUrl }) => {
      await renewFixtures(databaseUrl);
      return await runChosen(databaseUrl, patterns, REPOSITORY);
    });
  }
}

/** Reruns the matching tests after each change of tests or migrations, until it is interrupted. */
export async function watchChosen(patterns: string[]): Promise<void> {
  using interruption = new Interruption(() => console.log("\nStopping."));
  const paths = [DATABASE_TESTS, "supabase/migrations"];
  const changes = fileChanges(paths, interruption.signal);
  await using database = await KeptDatabase.open();
  report(await database.test(patterns));
  for await (const _ of changes) {
    try {
      report(await database.test(patterns));
    } catch (error) {
      // For example a failing migration, which the next change may correct.
      console.error(error instanceof Error ? error.message : error);
    }
  }
}

function report({ passed, failures }: Tally): void {
  console.log(`${passed} passed, ${failures.length} failed. Watching.`);
}

/** Where such a database is, and what is tested on it. */
interface Place {
  /** Keeps it. */
  stateDir: string;
  /** Holds `supabase/`. */
  projectDir: string;
}

const PLACE: Place = { stateDir: KEPT_TESTS_DIR, projectDir: REPOSITORY };

/** A migrated database for tests that are chosen, kept from run to run. */
export class KeptDatabase implements AsyncDisposable {
  readonly #place: Place;
  #stack: Stack;

  private constructor(place: Place, stack: Stack) {
    this.#place = place;
    this.#stack = stack;
  }

  /** @throws {ErrorWithRemedy} with the code `instance_running` if another process has it */
  static async open(place = PLACE): Promise<KeptDatabase> {
    return new KeptDatabase(place, await startKept(place));
  }

  async test(patterns: string[]): Promise<Tally> {
    await this.#renew();
    const { projectDir } = this.#place;
    return await runChosen(this.#stack.databaseUrl, patterns, projectDir);
  }

  /** Applies changed migrations and fixtures; recreates the database if that is impossible in place. */
  async #renew(): Promise<void> {
    const { projectDir, stateDir } = this.#place;
    if (!await isUpdated(this.#stack.databaseUrl, projectDir)) {
      console.log(MAKING);
      await this.#stack.stop();
      await removeData(stateDir);
      this.#stack = await startKept(this.#place);
    }
    await renewFixtures(
      this.#stack.databaseUrl,
      `${projectDir}/${DATABASE_TESTS}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.stop();
  }
}

const MAKING = "Making the database from the migrations as they are now";

async function startKept(place: Place): Promise<Stack> {
  const start = () =>
    startStack({
      ...place,
      port: 0,
      databasePort: 0,
      durable: false,
      namesEdits: false,
    });
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof ErrorWithRemedy)) throw error;
    if (error.code === "instance_running") throw error;
    console.log(MAKING);
    await removeData(place.stateDir);
    return await start();
  }
}

/** @returns false if the present migrations need an empty database */
async function isUpdated(
  databaseUrl: string,
  projectDir: string,
): Promise<boolean> {
  const outcomes = await reapplyEdits(databaseUrl, projectDir);
  if (outcomes.some(({ outcome }) => outcome !== "applied")) return false;
  try {
    await applyMigrations(databaseUrl, { projectDir });
    return true;
  } catch (error) {
    // If an empty database refuses them, too, it reports the error.
    if (error instanceof ErrorWithRemedy) return false;
    throw error;
  }
}

async function runChosen(
  databaseUrl: string,
  patterns: string[],
  projectDir: string,
): Promise<Tally> {
  const folder = `${projectDir}/${DATABASE_TESTS}`;
  const files = await runPgTap(
    databaseUrl,
    folder,
    patterns.map((pattern) => pattern.replace(`${DATABASE_TESTS}/`, "")),
  );
  for (const { file, passed } of files) {
    console.log(`${file}: ${passed} passed`);
  }
  if (files.length > 0) return tallyOf(files);
  const failure = `no test of ${DATABASE_TESTS} has ${patterns.join(" or ")} in its path`;
  console.error(failure);
  return { passed: 0, skipped: 0, failures: [failure] };
}
