import { PipelineError } from "../../../client/src/index.ts";

/** A failed step of the demo. Its cause has all details, for the reader and for a bug report. */
export class DemoError extends Error {
  override name = "DemoError";
}

/**
 * Runs a step. A refusal of the API becomes a failure of that step; an interruption stays one.
 * @throws {DemoError} naming the step
 */
export async function step<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    const { requestId, message } = cause;
    // The reference has a line of its own.
    const sentence = message.replace(` (Reference: ${requestId})`, "");
    throw new DemoError(`${name} failed: ${sentence}`, { cause });
  }
}

/** The identification of a failure: code, status and reference, as far as they are known. */
export function factsOf({ cause }: DemoError): [string, string][] {
  if (!(cause instanceof PipelineError)) return [];
  const facts: [string, string][] = [["Code", cause.code]];
  if (cause.status) facts.push(["HTTP status", String(cause.status)]);
  if (cause.requestId) facts.push(["Reference", cause.requestId]);
  return facts;
}
