import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import type { ConsoleSettings } from "../../platform/console/settings.ts";

/** Milliseconds that a project has to answer. */
const WITHIN_MS = 10_000;

/** @throws {ErrorWithRemedy} if the project does not answer, or refuses the key: the console would be an empty page */
export async function checkProject({ url, publishableKey }: ConsoleSettings, withinMs = WITHIN_MS): Promise<void> {
  const answer = await fetch(`${url}/auth/v1/settings`, {
    headers: { apikey: publishableKey },
    signal: AbortSignal.timeout(withinMs),
  }).catch((cause) => {
    throw new ErrorWithRemedy(
      `${url} is unreachable: ${cause instanceof Error ? cause.message : cause}`,
      "Check the address, and that the project runs and is not paused.",
      { code: "project_unreachable", cause },
    );
  });
  await answer.body?.cancel();
  if (answer.ok) return;
  throw new ErrorWithRemedy(
    `${url} answered ${answer.status} to its publishable key.`,
    answer.status === 401 || answer.status === 403
      ? "Check that the key is this project's: Project Settings > API Keys."
      : "Check that this is the address of a Supabase project, and that it is not paused.",
    { code: "project_refused" },
  );
}
