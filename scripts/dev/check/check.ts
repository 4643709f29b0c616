import { checkMigrations } from "./migrations.ts";
import { readTypeScriptFiles } from "./sources.ts";
import { isThere } from "../files.ts";
import { REPOSITORY } from "../repository.ts";

/** TypeScript's own compiler, for what runs in browsers: Deno's knows no libraries of theirs. */
const COMPILER = `${REPOSITORY}/node_modules/typescript-7/bin/tsc`;

/** What one check came to. */
export interface CheckResult {
  name: string;
  seconds: number;
  /** What it found, for people; empty if nothing. */
  findings: string;
}

type Find = (repository: string) => Promise<string>;

/**
 * Each takes the whole project. Deno remembers which files were formatted and without lint, and what the type-checker
 * knew of each module, so that only what changed and what depends on it is looked at again.
 */
const CHECKS: Record<string, Find> = {
  format: deno("fmt", "--check"),
  lint: deno("lint", "--quiet"),
  types: async (repository) => {
    const files = await readTypeScriptFiles(repository);
    return await deno("check", "--quiet", ...files)(repository);
  },
  console: async (repository) => {
    const console = `${repository}/console`;
    return await isThere(console) ? await run("node", [COMPILER, "-p", console])(repository) : "";
  },
  migrations: async (repository) => (await checkMigrations(repository)).join("\n"),
};

/** Checks all at once, and yields each result as soon as it is there. */
export async function* check(repository: string): AsyncGenerator<CheckResult> {
  const begun = performance.now();
  const running = new Map(
    Object.entries(CHECKS).map(([name, find]) => {
      const result = find(repository).then((findings) => ({
        name,
        seconds: (performance.now() - begun) / 1000,
        findings,
      }));
      return [name, result];
    }),
  );
  while (running.size > 0) {
    const result = await Promise.race(running.values());
    running.delete(result.name);
    yield result;
  }
}

function deno(...args: string[]): Find {
  return run(Deno.execPath(), args);
}

function run(program: string, args: string[]): Find {
  return async (repository) => {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: repository,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (success) return "";
    const text = new TextDecoder();
    return `${text.decode(stdout)}${text.decode(stderr)}`.trimEnd() || `${program} ${args.join(" ")} failed`;
  };
}
