import { Interruption } from "../../../dev/terminal/interruption.ts";
import { freeGatewayPort } from "../../../platform/stack/postgres/ports.ts";
import type { CheckOptions, Tally } from "../checks.ts";
import { type Clone, isRoot, makeClone } from "./clone.ts";
import { type Environment, ENVIRONMENTS } from "./environments.ts";

/** The port in the README, and `npm start`'s default. */
const PORT = 54321;
/** The gateway's port, or one above it the database's. */
const PORT_TAKEN = /Port 5432\d[^]*another program[^]*--port/;
/** Lines of a failed command's output to show. */
const LINES_SHOWN = 60;

/** A command in a clone, and its expected output. */
interface Trial {
  command: string[];
  code: number;
  says?: RegExp;
  /** The command to run instead if another program has the port. */
  elsewhere?: string[];
}

const test = (...args: string[]): Trial => ({
  command: ["npm", "test", "--", ...args],
  code: 0,
});

/**
 * The parts of `npm test` that depend on the environment: those that install, start and reach Postgres, serve
 * functions, and run external programs. The others compute, or use a stack that these have tested.
 */
const PARTS = [
  test("platform", "scripts/platform/stack"),
  test("unit", "scripts/dev/run.test"),
  test("database"),
  test("e2e", "restore"),
];
const QUICK_PARTS = [test("unit", "scripts/ops/backup")];

/** Runs both of the README's commands in a clone of the commit, in each environment. */
export async function checkFresh(
  { patterns, quick }: CheckOptions,
): Promise<Tally> {
  const tally = { passed: 0, skipped: 0, failures: [] as string[] };
  // Each environment has a folder of its own, which its user can read.
  Deno.umask(0o022);
  using interruption = new Interruption(() => console.log("Stopping."));
  const { signal } = interruption;
  for (const [name, environment] of Object.entries(ENVIRONMENTS)) {
    if (quick && !environment.isQuick) continue;
    const isChosen = patterns.length === 0 ||
      patterns.some((pattern) => name.includes(pattern));
    if (!isChosen) continue;
    console.log(`\n${name}: in ${environment.about}`);
    if (environment.closed && !isRoot) {
      console.log("  skipped: only root can run Postgres from such a folder");
      tally.skipped++;
      continue;
    }
    if (environment.user && !isRoot) {
      console.log("  as the current user; only root can use another");
    }
    await using clone = await makeClone(environment, signal);
    using _taken = environment.portTaken ? takePort() : undefined;
    for (const trial of trialsOf(environment)) {
      const failure = await attempt(clone, trial);
      if (signal.aborted) {
        return { ...tally, failures: [...tally.failures, "interrupted"] };
      }
      if (failure) tally.failures.push(`${name}: ${failure}`);
      else tally.passed++;
    }
  }
  return tally;
}

function trialsOf({ portTaken, isQuick }: Environment): Trial[] {
  const start = ["npm", "start", "--", "--once"];
  const elsewhere = [...start, "--port", String(freeGatewayPort())];
  const succeeds = { code: 0, says: /searchable/ };
  const starts: Trial[] = portTaken
    ? [
      { command: start, code: 1, says: PORT_TAKEN },
      { command: elsewhere, ...succeeds },
    ]
    : [{ command: start, ...succeeds, elsewhere }];
  return [...starts, ...isQuick ? QUICK_PARTS : PARTS];
}

/** @returns the failure, if any */
async function attempt(
  clone: Clone,
  { command, code, says = /./, elsewhere }: Trial,
): Promise<string | undefined> {
  const startedAt = performance.now();
  const ended = await clone.run(command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const line = command.join(" ");
  if (ended.code === code && says.test(ended.output)) {
    console.log(`  ${line}: ends with ${code} in ${seconds} s`);
    return;
  }
  if (elsewhere && PORT_TAKEN.test(ended.output)) {
    console.log(`  ${line}: skipped, because another program has the port`);
    return attempt(clone, { command: elsewhere, code, says });
  }
  const last = ended.output.trimEnd().split("\n").slice(-LINES_SHOWN);
  console.error(last.map((text) => `  | ${text}`).join("\n"));
  return ended.code === code
    ? `${line}: its output lacks ${says}`
    : `${line}: ends with ${ended.code} instead of ${code}`;
}

/** Listens on the port, unless another program does already. */
function takePort(): Disposable | undefined {
  if (!isFree(PORT)) return;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: PORT });
  return { [Symbol.dispose]: () => listener.close() };
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
