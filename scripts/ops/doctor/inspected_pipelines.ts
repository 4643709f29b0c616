import { parseEnv } from "node:util";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { findDockerStack, readDockerStack } from "../../platform/cli/docker_stack.ts";
import { CliError, SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { DEFAULT_PORT } from "../../platform/stack/gateway_port.ts";
import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import { urlFor } from "../../platform/stack/postgres/roles.ts";
import { findStackAt, findStackOfFolder, noStackOfFolder } from "../../platform/stack/running_stack.ts";
import { type AuthSettings, BEYOND_CONFIG, declaredAuthSettings, readAuthSettings } from "../project/auth_settings.ts";
import { connect } from "../project/database.ts";
import { readDatabaseAccess } from "../project/database_access.ts";
import type { Environment } from "../project/environments.ts";
import { type ProjectOptions, readOperatorInput } from "../project/operator.ts";
import { findProject, linkProject, readKeys } from "../project/project.ts";
import { prepareRelease, readManifest } from "../project/release.ts";
import { whyLeaveSettings } from "../project/settings_owner.ts";
import { asAdvice, type InspectedPipeline } from "./doctor.ts";
import { examine, type Finding, HOSTED } from "./finding.ts";
import { checkCorsOrigins, checkDatabaseAccess } from "./openness.ts";
import { checkSignIn, examineOperators } from "./sign_in.ts";

/**
 * A local stack: the one at the port, or the one that runs in this folder.
 * @throws {UsageError} if no port is given and none runs
 */
export async function localPipeline(
  { port, source }: { port?: number; source: string },
): Promise<InspectedPipeline> {
  const found = port === undefined
    ? await findStackOfFolder() ?? await findDockerStack()
    : await findStackAt(`http://127.0.0.1:${port}`);
  if (found?.inDocker) return await dockerPipeline(source);
  if (port === undefined && !found) {
    throw await noStackOfFolder({ stack: `--port ${DEFAULT_PORT}`, pipeline: "--project or --docker" });
  }
  const url = found?.url ?? `http://127.0.0.1:${port}`;
  return {
    url,
    // By default the database's port is the gateway's plus one.
    databaseUrl: found?.databaseUrl ?? urlFor("postgres", Number(new URL(url).port) + 1),
    publishableKey: LOCAL_KEYS.publishableKey,
    settings: {
      WEBHOOK_SIGNING_SECRET: LOCAL_KEYS.webhookSigningSecret,
    },
    source,
    plan: "team",
    ...await readManifest(source)
      ? { ownsSettings: false, dataApi: "either" }
      : { authSettings: { ...await declaredAuthSettings(source), ...BEYOND_CONFIG } },
    remedies: {
      redeploy: "Restart the local stack: npm run stack.",
      rebuild: "Restart the local stack: npm run stack.",
      readLog: "Read functions.log in the stack's folder, .stack by default.",
      bringUp: "Start the local stack: npm run stack.",
    },
  };
}

/** The CLI's stack, from its own status. A container calls the workers by the host machine's name. */
export async function dockerPipeline(
  source: string,
): Promise<InspectedPipeline> {
  const cli = new SupabaseCli({ directory: source });
  const stack = await readDockerStack(cli);
  const settings = await Deno.readTextFile(`${source}/supabase/functions/.env`);
  return {
    url: stack.url,
    databaseUrl: stack.databaseUrl,
    publishableKey: stack.publishableKey,
    settings: parseEnv(settings) as Record<string, string>,
    workersUrl: stack.functionsUrl,
    source,
    plan: "team",
    authSettings: await declaredAuthSettings(source),
    remedies: {
      redeploy: "Run npm run start:docker again.",
      rebuild: "Run npm run start:docker again.",
      readLog: "Read the functions' log: docker logs supabase_edge_runtime_document-pipeline",
      bringUp: "Run npm run start:docker.",
    },
  };
}

export async function hostedPipeline(
  options: ProjectOptions,
): Promise<InspectedPipeline> {
  const { environment, secrets } = await readOperatorInput(options);
  if (!secrets.databasePassword) {
    throw new ErrorWithRemedy(
      "SUPABASE_DB_PASSWORD is missing; most requirements need the database.",
      `Add it to .env.${environment.name}.`,
    );
  }
  await using release = await prepareRelease(options.source, environment);
  const cli = new SupabaseCli({ ...secrets, directory: release.directory });
  await findProject(cli, environment);
  const authSettings = await readAuthSettings(cli, environment);
  const databaseUrl = await linkProject(cli, environment, release.directory, secrets.databasePassword);
  const ownsSettings = await isSettingsOwner({ environment, release, cli }, databaseUrl);
  return {
    url: environment.url,
    databaseUrl,
    publishableKey: (await readKeys(cli, environment)).publishable,
    settings: { ...environment.settings, ...secrets.functions },
    source: options.source,
    plan: environment.plan,
    dataApi: ownsSettings ? environment.dataApi : "either",
    authSettings,
    ownsSettings,
    ofEnvironment: asAdvice(await examineEnvironment(cli, environment, authSettings), ownsSettings),
    build: release.build,
  };
}

/** True too if the database does not answer, which the doctor reports itself. */
async function isSettingsOwner(
  project: Parameters<typeof whyLeaveSettings>[0],
  databaseUrl: string,
): Promise<boolean> {
  const sql = connect(databaseUrl);
  try {
    return await whyLeaveSettings(project, sql) === undefined;
  } catch (error) {
    if (error instanceof CliError) throw error;
    return true;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function examineEnvironment(
  cli: SupabaseCli,
  environment: Environment,
  authSettings: AuthSettings | undefined,
): Promise<Finding[]> {
  return [
    checkSignIn(environment, authSettings),
    await examineOperators(cli, environment),
    ...await examine(
      "database access",
      HOSTED.redeploy,
      async () =>
        checkDatabaseAccess(
          environment,
          await readDatabaseAccess(cli, environment),
        ),
    ),
    checkCorsOrigins(environment),
  ];
}
