import { relative, resolve } from "node:path";
import { describeOutcome, RESET_COMMAND } from "../stack/edit_report.ts";
import { applyMigrations } from "../stack/postgres/migrations.ts";
import { reapplyEdits } from "../stack/postgres/reapply.ts";
import type { Stack } from "../stack/stack.ts";
import { changedFunctions, type FunctionSourceReader, type FunctionSources, SourceError } from "./function_sources.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** What an update did or could not do, a line each. */
export interface Update {
  lines: string[];
  /** Whether the database lacks something that only an empty one can have; `named` if a line names it. */
  reset: "named" | "needed" | "not needed";
}

const SHOWN_PATHS = 3;

/** Keeps a running stack as the project's files are. */
export class StackUpdater {
  readonly #stack: Pick<
    Stack,
    "databaseUrl" | "renewFunctions" | "reloadSchema"
  >;
  readonly #projectDir: string;
  readonly #reader: FunctionSourceReader;
  #sources: FunctionSources = { files: new Map() };
  /** What stood in the way last time, so that it is named once. */
  #named = new Set<string>();
  /** Those of them that only an empty database can have. */
  #resets = new Set<string>();

  constructor(
    stack: Pick<Stack, "databaseUrl" | "renewFunctions" | "reloadSchema">,
    projectDir: string,
    reader: FunctionSourceReader,
  ) {
    this.#stack = stack;
    this.#projectDir = resolve(projectDir);
    this.#reader = reader;
  }

  /** Brings the database up to date, and takes the functions' files for those that the functions were started with. */
  async begin(): Promise<Update> {
    const problems: string[] = [];
    const done = await this.#updateDatabase(problems);
    await this.#updateFunctions(problems, false);
    return this.#report(done, problems);
  }

  /**
   * Does what a change of these files, given by their whole paths, asks for.
   */
  async update(paths: string[]): Promise<Update> {
    const changed = paths.map((path) => relative(this.#projectDir, path));
    const isBelow = (folder: string) => changed.some((path) => path.startsWith(`supabase/${folder}/`));
    const problems: string[] = [];
    const done: string[] = [];
    if (isBelow("migrations")) {
      done.push(...await this.#updateDatabase(problems));
    }
    if (isBelow("functions")) {
      done.push(...await this.#updateFunctions(problems));
    }
    if (changed.includes("supabase/config.toml")) {
      problems.push("supabase/config.toml is read when npm run dev starts");
    }
    return this.#report(done, problems);
  }

  #report(done: string[], problems: string[]): Update {
    const fresh = problems.filter((line) => !this.#named.has(line));
    this.#named = new Set(problems);
    const reset = fresh.some((line) => this.#resets.has(line))
      ? "named"
      : this.#resets.size > 0
      ? "needed"
      : "not needed";
    return { lines: [...done, ...fresh], reset };
  }

  async #updateDatabase(problems: string[]): Promise<string[]> {
    const { databaseUrl, reloadSchema } = this.#stack;
    const done: string[] = [];
    this.#resets.clear();
    for (const each of await reapplyEdits(databaseUrl, this.#projectDir)) {
      const line = describeOutcome(each);
      if (each.outcome === "needs reset") this.#resets.add(line);
      (each.outcome === "applied" ? done : problems).push(line);
    }
    try {
      const projectDir = this.#projectDir;
      const applied = await applyMigrations(databaseUrl, { projectDir });
      done.push(...applied.map((name) => `${name}: applied, a new migration`));
    } catch (error) {
      if (!(error instanceof ErrorWithRemedy)) throw error;
      const line = error.message.replaceAll(/\s*\n\s*/g, " ");
      const isObsolete = error.code === "unknown_migrations" ||
        / already exists\b/.test(line);
      if (isObsolete) this.#resets.add(line);
      problems.push(line);
    }
    if (done.length > 0) await reloadSchema();
    return done;
  }

  async #updateFunctions(
    problems: string[],
    renews = true,
  ): Promise<string[]> {
    let sources: FunctionSources;
    try {
      sources = await this.#reader.read();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      problems.push(`functions are not restarted: ${error.message}`);
      return [];
    }
    const changed = changedFunctions(this.#sources, sources);
    this.#sources = sources;
    if (!renews || changed.size === 0) return [];
    const names = [...changed.keys()];
    const failures = await this.#stack.renewFunctions(names);
    for (const [name, error] of failures) {
      problems.push(`${name} does not start: ${firstError(error.output)}`);
    }
    const started = names.filter((name) => !failures.has(name));
    if (started.length === 0) return [];
    const paths = [...new Set([...changed.values()].flat())].sort();
    return [`restarted ${started.join(", ")}: ${list(paths)}`];
  }
}

/** The instruction for starting with an empty database. */
export function describeReset(canPressKey: boolean): string {
  const how = canPressKey ? "press r" : RESET_COMMAND;
  return `To start with an empty database, without its users and documents: ${how}`;
}

function list(paths: string[]): string {
  const more = paths.length - SHOWN_PATHS;
  const shown = paths.slice(0, SHOWN_PATHS).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function firstError(output: string[]): string {
  return output.find((line) => /error/i.test(line)) ?? output.at(-1) ??
    "it wrote nothing";
}
