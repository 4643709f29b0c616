import { UsageError } from "../error_with_remedy.ts";

/**
 * npm takes options before a `--` as its own, silently. They would be lost.
 * @throws {UsageError} if it has taken one of these
 */
export function refuseOptionsThatNpmKept(
  command: string,
  options: string[],
  env: Record<string, string | undefined>,
) {
  for (const option of options) {
    if (env[`npm_config_${option}`] !== undefined) {
      throw new UsageError(
        `npm kept --${option} for itself`,
        `Write -- in front of the options: ${command} -- --${option}`,
      );
    }
  }
}
