import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
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
 * Runs the matching SQL tests on a database that is kept between runs, with the present migrations and fixtures; on a new one
 * while another run uses it.
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
      return await runChosen(databaseUrl, patterns);
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

class KeptDatabase implements AsyncDisposable {
  #stack: Stack;

  private constructor(stack: Stack) {
    this.#stack = stack;
  }

  static async open(): Promise<KeptDatabase> {
    return new KeptDatabase(await startKept());
  }

  async test(patterns: string[]): Promise<Tally> {
    await this.#renew();
    return await runChosen(this.#stack.databaseUrl, patterns);
  }

  /** Applies changed migrations and fixtures; recreates the database if that is impossible in place. */
  async #renew(): Promise<void> {
    if (!await isUpdated(this.#stack.databaseUrl)) {
      console.log("Recreating the database from the present migrations");
      await this.#stack.stop();
      await removeData(KEPT_TESTS_DIR);
      this.#stack = await startKept();
    }
    await renewFixtures(this.#stack.databaseUrl);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.stop();
  }
}

async function startKept(): Promise<Stack> {
  const start = () =>
    startStack({
      stateDir: KEPT_TESTS_DIR,
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
    console.log("Making the database from the migrations as they are now");
    await removeData(KEPT_TESTS_DIR);
    return await start();
  }
}

/** @returns false if the present migrations may need an empty database */
async function isUpdated(databaseUrl: string): Promise<boolean> {
  const outcomes = await reapplyEdits(databaseUrl, Deno.cwd());
  if (outcomes.some(({ outcome }) => outcome !== "applied")) return false;
  try {
    await applyMigrations(databaseUrl);
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
): Promise<Tally> {
  const files = await runPgTap(databaseUrl, DATABASE_TESTS, patterns);
  for (const { file, passed } of files) {
    console.log(`${file}: ${passed} passed`);
  }
  if (files.length > 0) return tallyOf(files);
  const failure = `no test of ${DATABASE_TESTS} has ${
    patterns.join(" or ")
  } in its path`;
  console.error(failure);
  return { passed: 0, skipped: 0, failures: [failure] };
}
