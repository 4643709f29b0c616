import type { Command } from "commander";
import type { Report } from "./report.ts";
import type { Target } from "./target.ts";

/** The context of a command. */
export interface Session {
  target: Target;
  report: Report;
  /** Aborts when the operator interrupts. */
  signal: AbortSignal;
  /** The caller's folder, to which relative paths refer. */
  directory: string;
}

/** Turns a command's work into its action: commander's arguments follow the session. */
export type Perform = <A extends unknown[]>(
  work: (session: Session, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;

/** Adds one or more commands to the program. */
export type AddCommands = (program: Command, perform: Perform) => void;

/** Examples at the end of a command's help. */
export function examples(...lines: string[]): string {
  return [
    "",
    lines.length === 1 ? "Example:" : "Examples:",
    ...lines.map((line) => `  npm run pipeline -- ${line}`),
  ].join("\n");
}
