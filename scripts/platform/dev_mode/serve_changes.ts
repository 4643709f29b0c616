import type { Stack } from "../stack/stack.ts";
import { fileChanges } from "./file_changes.ts";
import { FunctionSourceReader } from "./function_sources.ts";
import { describeReset, StackUpdater, type Update } from "./stack_updater.ts";

export interface ServeChangesOptions {
  stack: Pick<Stack, "databaseUrl" | "renewFunctions" | "reloadSchema">;
  /** Holds `supabase/`. */
  projectDir: string;
  /** Given a line for each thing done. */
  say(line: string): void;
  /** Called when only an empty database can have the files' state; undefined without a terminal to ask at. */
  offerReset?(): void;
  /** Called when the database can go on after all. */
  withdrawReset?(): void;
  /** Ends it. */
  signal: AbortSignal;
}

/** Keeps a running stack as the project's files are, until the signal is aborted. */
export async function serveChanges(
  options: ServeChangesOptions,
): Promise<void> {
  const { stack, projectDir, say, offerReset, withdrawReset, signal } = options;
  await using reader = new FunctionSourceReader(projectDir);
  const updater = new StackUpdater(stack, projectDir, reader);

  function show({ lines, reset }: Update, begun: number): void {
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    for (const line of lines) say(`${line} (${seconds} s)`);
    if (reset === "not needed") withdrawReset?.();
    else if (reset === "named") {
      say(describeReset(offerReset !== undefined));
      offerReset?.();
    }
  }
  const changes = fileChanges([`${projectDir}/supabase`], signal);
  const begun = performance.now();
  show(await updater.begin(), begun);
  say("Ready");
  for await (const paths of changes) {
    const begun = performance.now();
    show(await updater.update(paths), begun);
  }
}
