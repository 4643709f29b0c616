import type { Command } from "commander";
import type { Report } from "./report.ts";
import type { Target } from "./target.ts";

/** What a command works with. */
export interface Session {
  target: Target;
  report: Report;
  /** Aborts when the operator has had enough. */
  signal: AbortSignal;
  /** Where the command was called: relative paths begin there. */
  directory: string;
}

/** Makes a command's work its action: commander's arguments come after the session. */
export type Perform = <A extends unknown[]>(
  work: (session: Session, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;

/** Adds one or more commands to the program. */
export type AddCommands = (program: Command, perform: Perform) => void;

/** Shown at the end of a command's help. */
export function examples(...lines: string[]): string {
  return [
    "",
    lines.length === 1 ? "Example:" : "Examples:",
    ...lines.map((line) => `  npm run pipeline -- ${line}`),
  ].join("\n");
}
