import { visible } from "./visible.ts";

/** Prints lines of a command that has no screen. What comes from users, providers or the database cannot act on it. */
export function print(text = ""): void {
  console.log(visible(text));
}

/** The same on standard error. */
export function printError(text: string): void {
  console.error(visible(text));
}

/**
 * An error that was not foreseen, with its trace.
 * @param where the part in which it happened
 */
export function printTrace(error: unknown, where?: string): void {
  printError(`${where ? `${where}: ` : ""}${Deno.inspect(error)}`);
}
