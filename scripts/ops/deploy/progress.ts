import { formatSeconds } from "../../dev/terminal/screen.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** Where an operator reads how far it is. */
export type Report = (line: string) => void;

/** One thing that a deployment does. Doing it again changes nothing more. */
export interface Step {
  title: string;
  /** A sentence a change, before anything is done; none if nothing would change. */
  plan: string[];
  /** What became of it, in a few words. */
  run(report: Report): Promise<string>;
}

/** A step did not succeed: what was done before it, what was not, and how to go on. */
export class StepFailure extends ErrorWithRemedy {
  override name = "StepFailure";

  constructor(readonly done: Step[], readonly left: Step[], cause: unknown) {
    const [failed, ...rest] = left;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      [
        `"${failed.title}" did not succeed: ${reason}`,
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
 * Takes the steps one after the other and tells of each when it begins and when it has ended.
 * @throws {StepFailure} at the first that does not succeed; no later one is begun
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
  return steps.length > 0
    ? steps.map(({ title }) => title).join("; ")
    : "nothing";
}
