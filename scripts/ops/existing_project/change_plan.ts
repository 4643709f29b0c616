import type { Conflict } from "./conflicts.ts";
import type { Manifest } from "../project/manifest.ts";
import type { Write } from "./project_files.ts";

/** What a command would do to a project. */
export interface ChangePlan {
  /** In order: config.toml, which makes the rest effective, is last. */
  writes: PlannedWrite[];
  /** Paths. */
  removals: string[];
  /** What forbids the whole change. */
  conflicts: Conflict[];
  /** What stays as the project has it, though the pipeline has another version. Sentences. */
  kept: string[];
  /** Sentences that concern the operator. */
  notes: string[];
  /** Written before the first change, so that an interrupted command can be run again. */
  journal?: Manifest;
  /** Written after the last change; undefined removes the file. */
  final?: Manifest;
}

export interface PlannedWrite extends Write {
  /** What it does, for people. */
  does: "add" | "update" | "insert" | "remove";
  /** The lines that are inserted or removed. */
  lines?: string[];
}

export function isNothingToDo({ writes, removals, journal }: ChangePlan): boolean {
  return writes.length === 0 && removals.length === 0 && journal === undefined;
}
