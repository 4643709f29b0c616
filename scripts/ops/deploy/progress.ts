import { formatSeconds } from "../../dev/terminal/screen.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** The operator's output. */
export type Report = (line: string) => void;

/** A step of a deployment. It is idempotent. */
export interface Step {
  title: string;
  /** The changes as sentences, before anything is done; none if nothing would change. */
  plan: string[];
  /** The result, in a few words. */
  run(report: Report): Promise<string>;
}

/** A failed step: the steps done before it, the missing ones, and how to continue. */
export class StepFailure extends ErrorWithRemedy {
  override name = "StepFailure";

  constructor(readonly done: Step[], readonly left: Step[], cause: unknown) {
    const [failed, ...rest] = left;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      [
        `"${failed.title}" failed: ${reason}`,
        `Done: ${titles(done)}.`,
        `Not done: ${titles(rest.length > 0 ? left : [failed])}.`,
      ].join("\n"),
      `${
        cause instanceof ErrorWithRemedy ? `${cause.remedy}\n` : ""
      }Then run the same command again: every step may be repeated, and what is done already stays as it is.`,
      { cause },
    );
  }
}

/**
 * Takes the steps one after the other, and reports the beginning and the end of each.
 * @throws {StepFailure} at the first failure; later steps are not begun
 */
export async function takeSteps(steps: Step[], report: Report): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const mark = `[${index + 1}/${steps.length}]`;
    report(`${mark} ${step.title} …`);
    const started = performance.now();
    try {
      const outcome = await step.run((line) => report(`        ${line}`));
      const seconds = (performance.now() - started) / 1000;
      report(`      ✓ ${outcome} (${formatSeconds(seconds)})`);
    } catch (error) {
      throw new StepFailure(steps.slice(0, index), steps.slice(index), error);
    }
  }
}

function titles(steps: Step[]): string {
  return steps.length > 0 ? steps.map(({ title }) => title).join("; ") : "nothing";
}
