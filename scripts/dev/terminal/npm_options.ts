import { UsageError } from "../error_with_remedy.ts";

/**
 * npm silently takes options before a `--` as its own, and the command would not get them.
 * @throws {UsageError} if npm has taken one of these
 */
export function refuseOptionsThatNpmKept(
  command: string,
  options: string[],
  env: Record<string, string | undefined>,
) {
  for (const option of options) {
    if (env[`npm_config_${option.replaceAll("-", "_")}`] !== undefined) {
      throw new UsageError(
        `npm kept --${option} for itself`,
        `Write -- before the options: ${command} -- --${option}`,
      );
    }
  }
}
