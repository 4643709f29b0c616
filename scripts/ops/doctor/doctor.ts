import { secretsInForce } from "../rotate_secret/rotate.ts";
import type postgres from "postgres";
import { connect } from "../project/database.ts";
import { readMigrations } from "../project/release.ts";
import type { AuthSettings, Plan } from "../project/auth_settings.ts";
import { checkAdvisors } from "./advisors.ts";
import { checkAuthGuards } from "./auth.ts";
import { checkDatabase, checkMigrations, checkServer } from "./database.ts";
import { examine, type Finding, HOSTED, type Remedies } from "./finding.ts";
import { checkBuild, checkDataApi, checkProviders, checkServices, checkWakeUp, checkWebhook } from "./services.ts";

/** A pipeline to inspect, and what is known of it. */
export interface InspectedPipeline {
  /** The project's URL, without a trailing slash. */
  url: string;
  /** A connection as role postgres. */
  databaseUrl: string;
  publishableKey: string;
  /** The functions' variables, as far as they are known here: provider keys, webhook URL and secret. */
  settings: Record<string, string>;
  /** The functions' URL for the database, if it differs. */
  workersUrl?: string;
  /** The folder with the `supabase/` whose migrations the database should have. */
  source: string;
  /** The digest of the sources that the functions should be built from; absent if they are not built. */
  build?: string;
  /** Auth's settings; absent without an access token. */
  authSettings?: AuthSettings;
  plan: Plan;
  /** Findings about the environment's own settings, which a local stack lacks. */
  ofEnvironment?: Finding[];
  /** False: the project is another application's too, whose Auth settings are not the pipeline's to judge. */
  ownsSettings?: boolean;
  /** Whether the Data API should serve the pipeline's schema; true by default. */
  dataApi?: boolean | "either";
  /** The name of a hosted project. */
  remedies?: Remedies;
}

/**
 * Checks every requirement of a running pipeline. It only reads, unless round trips are requested: these make the
 * database call a worker, and send a callback to the webhook whose record is removed.
 */
export async function examinePipeline(
  pipeline: InspectedPipeline,
  { roundTrips }: { roundTrips: boolean },
): Promise<Finding[]> {
  const { url, databaseUrl, publishableKey, settings, source, build } = pipeline;
  const remedies = pipeline.remedies ?? HOSTED;
  const functionsUrl = `${url}/functions/v1`;
  const workersUrl = pipeline.workersUrl ?? functionsUrl;
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
      checkDataApi(url, publishableKey, remedies, pipeline.dataApi),
      checkProviders(settings),
    ]);
    const isReached = reached.length > 1;
    return [
      ...reached,
      ...isReached ? await examineDatabase(sql, workersUrl, source, remedies) : [],
      ...isReached ? await checkAdvisors(databaseUrl) : [],
      ...services,
      ...built,
      ...dataApi,
      ...pipeline.ofEnvironment ?? [],
      ...asAdvice(checkAuthGuards(pipeline.authSettings, pipeline.plan, remedies), pipeline.ownsSettings),
      ...providers,
      ...isReached && roundTrips ? await makeRoundTrips(sql, functionsUrl, settings, remedies) : [],
    ];
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** What would be a fault in a project of the pipeline's own is advice in another's. */
export function asAdvice(findings: Finding[], ownsSettings = true): Finding[] {
  return findings.map((finding) =>
    ownsSettings || finding.status !== "unmet" ? finding : { ...finding, status: "advice" as const }
  );
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
