import { secretsInForce } from "../rotate_secret/rotate.ts";
import type postgres from "postgres";
import { connect } from "../project/database.ts";
import { readMigrations } from "../project/release.ts";
import type { AuthSettings, Plan } from "../project/auth_settings.ts";
import { checkAdvisors } from "./advisors.ts";
import { checkAuthGuards } from "./auth.ts";
import { checkDatabase, checkMigrations, checkServer } from "./database.ts";
import { examine, type Finding, HOSTED, type Remedies } from "./finding.ts";
import {
  checkBuild,
  checkDataApi,
  checkProviders,
  checkServices,
  checkWakeUp,
  checkWebhook,
} from "./services.ts";

/** Where a pipeline runs, and what is known of it. */
export interface Patient {
  /** Of the project, without a trailing slash. */
  url: string;
  /** As role postgres. */
  databaseUrl: string;
  publishableKey: string;
  /** What the functions were given, as far as it is known here: provider keys, webhook address and secret. */
  settings: Record<string, string>;
  /** Where the database calls the functions, if not where we do. */
  workersUrl?: string;
  /** Holds the `supabase/` whose migrations the database should have. */
  source: string;
  /** The digest of the sources that its functions should be built from; left out where they are not built. */
  build?: string;
  /** As Auth is set; left out if nobody could be asked. */
  authSettings?: AuthSettings;
  plan: Plan;
  /** What was found of its environment's own settings, which a stack on this machine has not. */
  ofEnvironment?: Finding[];
  /** Whether the Data API is to serve the pipeline's schema; it is, if this is left out. */
  dataApi?: boolean;
  /** Of a hosted project, if not said. */
  remedies?: Remedies;
}

/**
 * Looks at every requirement of a running pipeline. Reads only, unless round trips are asked for: those make the database
 * call a worker, and a callback is sent to the webhook and its record removed.
 */
export async function examinePipeline(
  patient: Patient,
  { roundTrips }: { roundTrips: boolean },
): Promise<Finding[]> {
  const { url, databaseUrl, publishableKey, settings, source, build } = patient;
  const remedies = patient.remedies ?? HOSTED;
  const functionsUrl = `${url}/functions/v1`;
  const workersUrl = patient.workersUrl ?? functionsUrl;
  const sql = connect(databaseUrl);
  try {
    const reached = await examine(
      "database",
      remedies.bringUp,
      () => checkServer(sql),
    );
    const [services, built, dataApi, providers] = await Promise.all([
      checkServices(functionsUrl, settings.WEBHOOK_URL, remedies),
      build ? checkBuild(functionsUrl, build, remedies) : [],
      checkDataApi(url, publishableKey, remedies, patient.dataApi),
      checkProviders(settings),
    ]);
    const isReached = reached.length > 1;
    return [
      ...reached,
      ...isReached
        ? await examineDatabase(sql, workersUrl, source, remedies)
        : [],
      ...isReached ? await checkAdvisors(databaseUrl) : [],
      ...services,
      ...built,
      ...dataApi,
      ...patient.ofEnvironment ?? [],
      ...checkAuthGuards(patient.authSettings, patient.plan, remedies),
      ...providers,
      ...isReached && roundTrips
        ? await makeRoundTrips(sql, functionsUrl, settings, remedies)
        : [],
    ];
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function examineDatabase(
  sql: postgres.Sql,
  workersUrl: string,
  source: string,
  remedies: Remedies,
): Promise<Finding[]> {
  const files = await readMigrations(source);
  return [
    ...await examine(
      "migrations",
      remedies.redeploy,
      () => checkMigrations(sql, files, remedies),
    ),
    ...await checkDatabase(sql, workersUrl, files, remedies),
  ];
}

async function makeRoundTrips(
  sql: postgres.Sql,
  functionsUrl: string,
  settings: Record<string, string>,
  remedies: Remedies,
): Promise<Finding[]> {
  const { WEBHOOK_SIGNING_SECRET: signingSecret } = {
    ...settings,
    ...await secretsInForce(sql),
  };
  return [
    ...await checkWakeUp(sql, remedies),
    ...signingSecret
      ? await checkWebhook(
        sql,
        settings.WEBHOOK_URL ?? `${functionsUrl}/webhook/llamaparse`,
        signingSecret,
      )
      : [],
  ];
}
