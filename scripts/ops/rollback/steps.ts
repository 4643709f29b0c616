import type postgres from "postgres";
import { formatSeconds } from "../../dev/terminal/screen.ts";
import { checkBuild, checkServices, checkVersion } from "../doctor/services.ts";
import { deployFunctions, refuseUnmet, untilMet } from "../deploy/deployment.ts";
import type { Environment } from "../project/environments.ts";
import type { Step } from "../deploy/progress.ts";
import type { ProjectKeys } from "../project/project.ts";
import type { Release } from "../project/release.ts";
import { runSmokeDocument } from "../deploy/smoke.ts";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";

export interface Rollback {
  environment: Environment;
  /** The target; its functions are built. */
  release: Release;
  cli: SupabaseCli;
  keys: ProjectKeys;
  sql: postgres.Sql;
}

/** The steps for making an earlier release's functions live on the present database. */
export function rollbackSteps(
  { environment, release, cli, keys, sql }: Rollback,
): Step[] {
  const { functions, version } = release;
  const functionsUrl = `${environment.url}/functions/v1`;
  return [
    {
      title: `Deploy the functions of ${version}`,
      plan: functions.map((name) => `deploy ${name} of version ${version}`),
      async run() {
        await deployFunctions(cli, environment.projectRef, release);
        return functions.join(", ");
      },
    },
    {
      title: "Check that they are live",
      plan: [],
      async run() {
        const findings = await untilMet(async () => [
          ...await checkServices(functionsUrl),
          ...await checkVersion(functionsUrl, version),
          ...await checkBuild(functionsUrl, release.build),
        ]);
        refuseUnmet(findings);
        return `version ${version} answers`;
      },
    },
    {
      title: `Process a document with ${version}`,
      plan: [],
      async run(report) {
        const seconds = await runSmokeDocument({
          url: environment.url,
          publishableKey: keys.publishable,
          secretKey: keys.secret,
          sql,
          onProgress: report,
        });
        return `searchable after ${formatSeconds(seconds)}; deleted again`;
      },
    },
  ];
}
