import { PipelineError } from "../../../client/pipeline_client.ts";

/** A step of the demo did not succeed. Its cause has all that was said about it, for the reader and for a bug report. */
export class DemoError extends Error {
  override name = "DemoError";
}

/**
 * Does a step. What the API refuses becomes a failure of that step, an interruption stays one.
 * @throws {DemoError} naming the step
 */
export async function step<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    const { requestId, message } = cause;
    // The reference is shown on a line of its own.
    const sentence = message.replace(` (Reference: ${requestId})`, "");
    throw new DemoError(`${name} failed: ${sentence}`, { cause });
  }
}

/** What identifies a failure: code, status, reference, as far as they are known. */
export function factsOf({ cause }: DemoError): [string, string][] {
  if (!(cause instanceof PipelineError)) return [];
  const facts: [string, string][] = [["Code", cause.code]];
  if (cause.status) facts.push(["HTTP status", String(cause.status)]);
  if (cause.requestId) facts.push(["Reference", cause.requestId]);
  return facts;
}
