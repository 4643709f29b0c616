import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { isThere } from "../../dev/files.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import type { ConsoleSettings } from "../../platform/console/settings.ts";

const VITE = `${REPOSITORY}/node_modules/vite/bin/vite.js`;

/**
 * Serves the console's sources, and changes the open page as they change. Without the security policy, which Vite's own
 * scripts do not meet. Ends with the signal.
 * @throws {ErrorWithRemedy} if it ends by itself
 */
export async function serveSources(settings: ConsoleSettings, port: number, signal: AbortSignal): Promise<void> {
  if (!await isThere(VITE)) {
    throw new ErrorWithRemedy("The console's packages are not installed.", "Install them: npm ci");
  }
  const child = new Deno.Command("node", {
    // Another port than the one asked for would be a surprise; 0 is any.
    args: [VITE, `${REPOSITORY}/console`, "--port", String(port), "--strictPort", "--clearScreen", "false"],
    env: { CONSOLE_SETTINGS: JSON.stringify(settings) },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    signal,
  }).spawn();
  const { code } = await child.status;
  if (signal.aborted) return;
  throw new ErrorWithRemedy(
    `Vite ended with ${code}.`,
    "Its message is above. If the port is taken, choose another one with --port.",
  );
}
