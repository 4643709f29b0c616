import { secretsInForce } from "../rotate_secret/rotate.ts";
import type postgres from "postgres";
import { connect } from "../deploy/database.ts";
import { readMigrations } from "../deploy/release.ts";
import { checkAdvisors } from "./advisors.ts";
import { checkDatabase, checkMigrations, checkServer } from "./database.ts";
import { examine, type Finding } from "./finding.ts";
import {
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
}

/**
 * Looks at every requirement of a running pipeline. Reads only, unless round trips are asked for: those make the database
 * call a worker, and a callback is sent to the webhook and its record removed.
 */
export async function examinePipeline(
  patient: Patient,
  { roundTrips }: { roundTrips: boolean },
): Promise<Finding[]> {
  const { url, databaseUrl, publishableKey, settings, source } = patient;
  const functionsUrl = `${url}/functions/v1`;
  const workersUrl = patient.workersUrl ?? functionsUrl;
  const sql = connect(databaseUrl);
  try {
    const reached = await examine(
      "database",
      "Check that it runs, and the password (SUPABASE_DB_PASSWORD).",
      () => checkServer(sql),
    );
    const [services, dataApi, providers] = await Promise.all([
      checkServices(functionsUrl, settings.WEBHOOK_URL),
      checkDataApi(url, publishableKey),
      checkProviders(settings),
    ]);
    const isReached = reached.length > 1;
    return [
      ...reached,
      ...isReached ? await examineDatabase(sql, workersUrl, source) : [],
      ...isReached ? await checkAdvisors(databaseUrl) : [],
      ...services,
      ...dataApi,
      ...providers,
      ...isReached && roundTrips
        ? await makeRoundTrips(sql, functionsUrl, settings)
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
): Promise<Finding[]> {
  const files = await readMigrations(source);
  return [
    ...await examine(
      "migrations",
      "Apply them: npm run deploy.",
      () => checkMigrations(sql, files),
    ),
    ...await checkDatabase(sql, workersUrl),
  ];
}

async function makeRoundTrips(
  sql: postgres.Sql,
  functionsUrl: string,
  settings: Record<string, string>,
): Promise<Finding[]> {
  const { WEBHOOK_SIGNING_SECRET: signingSecret } = {
    ...settings,
    ...await secretsInForce(sql),
  };
  return [
    ...await checkWakeUp(sql),
    ...signingSecret
      ? await checkWebhook(
        sql,
        settings.WEBHOOK_URL ?? `${functionsUrl}/webhook/llamaparse`,
        signingSecret,
      )
      : [],
  ];
}
