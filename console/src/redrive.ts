import type { Functions } from "./database.types.ts";

export type RedriveFilter = Pick<
  Functions["redrive"]["Args"],
  "p_code" | "p_user_id" | "p_from" | "p_until" | "p_document_id"
>;
export type Preview = Functions["redrive"]["Returns"][number];
type Redrive = (args: Functions["redrive"]["Args"]) => Promise<Preview[]>;

/** A dry run: what a redrive would reach, and what it is expected to cost. Documents that fail later are not in it. */
export async function previewRedrive(redrive: Redrive, filter: RedriveFilter): Promise<Preview> {
  const [preview] = await redrive({ ...filter, p_dry_run: true });
  return preview;
}

export interface RedriveEnd {
  redriven: number;
  /** Documents that another transaction held. */
  leftOut: number;
}

/**
 * Redrives exactly what a dry run has shown, some hundred documents with each call.
 * @throws what a call throws; `onProgress` has been called with what was redriven before
 */
export async function redriveAll(
  redrive: Redrive,
  filter: RedriveFilter,
  preview: Preview,
  onProgress: (redriven: number) => void,
): Promise<RedriveEnd> {
  let redriven = 0;
  let { selection } = preview;
  while (true) {
    const [answer] = await redrive({ ...filter, p_selection: selection, p_dry_run: false });
    redriven += answer.redriven_count;
    onProgress(redriven);
    if (answer.redriven_count === 0 || answer.redriven_count >= answer.document_count) {
      return { redriven, leftOut: answer.document_count - answer.redriven_count };
    }
    ({ selection } = answer);
  }
}

/** What a person should know of a dry run that follows another one; empty if nothing has changed. */
export function changeText(before: Preview, now: Preview): string {
  if (before.selection === now.selection) return "";
  const [was, is] = [before.document_count, now.document_count];
  if (was === is) return "Meanwhile some of these documents have left the dead letter, and others have come into it.";
  return `Meanwhile the dead letter has changed: ${is.toLocaleString("en")} instead of ${
    was.toLocaleString("en")
  } documents match.`;
}
