import type { UploadSnapshot } from "./upload_task.ts";

/** Whether the task has ended; a failed one may be resumed. */
export function isOver({ state }: Pick<UploadSnapshot, "state">): boolean {
  return state === "done" || state === "failed" || state === "aborted";
}

/** Whether nothing more happens to the task by itself. */
export function isAtRest(task: Pick<UploadSnapshot, "state">): boolean {
  return task.state === "paused" || isOver(task);
}
