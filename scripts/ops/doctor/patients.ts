import { parseEnv } from "node:util";
import { z } from "zod";
import { digestOf } from "../../dev/build/built_functions.mjs";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { DEFAULT_PORT } from "../../platform/stack/gateway_port.ts";
import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import { urlFor } from "../../platform/stack/postgres/roles.ts";
import { findLocalStack } from "../../platform/stack/running_stack.ts";
import {
  type AuthSettings,
  BEYOND_CONFIG,
  declaredAuthSettings,
  readAuthSettings,
} from "../project/auth_settings.ts";
import { readDatabaseAccess } from "../project/database_access.ts";
import type { Environment } from "../project/environments.ts";
import { type ProjectOptions, readOperatorInput } from "../project/operator.ts";
import { findProject, linkProject, readKeys } from "../project/project.ts";
import { prepareRelease } from "../project/release.ts";
import type { Patient } from "./doctor.ts";
import { examine, type Finding, HOSTED } from "./finding.ts";
import { checkCorsOrigins, checkDatabaseAccess } from "./openness.ts";
import { checkSignIn, examineOperators } from "./sign_in.ts";

/** The stack of this repository: unless it says otherwise, the database is one port above the gateway. */
export async function localPatient(
  { port, source }: { port: number; source: string },
): Promise<Patient> {
  const url = `http://127.0.0.1:${port}`;
  const stack = await findLocalStack(url);
  return {
    url,
    databaseUrl: urlFor("postgres", stack?.databasePort ?? port + 1),
    publishableKey: LOCAL_KEYS.publishableKey,
    settings: {
      WEBHOOK_SIGNING_SECRET: LOCAL_KEYS.webhookSigningSecret,
    },
    source,
    plan: "team",
    authSettings: { ...await declaredAuthSettings(source), ...BEYOND_CONFIG },
    remedies: {
      redeploy: "Stop the local stack and start it again: npm run stack.",
      rebuild: "Stop the local stack and start it again: npm run stack.",
      readLog: "Read functions.log in the stack's folder, .stack by default.",
      bringUp:
        `Start the local stack: npm run stack. If its port is not ${DEFAULT_PORT}, give it with --port.`,
    },
  };
}

const status = z.object({
  API_URL: z.url(),
  DB_URL: z.url(),
  PUBLISHABLE_KEY: z.string().optional(),
  ANON_KEY: z.string(),
});

/** What the CLI says of the stack that it started. The workers are called from a container, at that machine's name. */
export async function dockerPatient(source: string): Promise<Patient> {
  const cli = new SupabaseCli({ directory: source });
  const { API_URL, DB_URL, PUBLISHABLE_KEY, ANON_KEY } = status.parse(
    await cli.json("status"),
  );
  const settings = await Deno.readTextFile(`${source}/supabase/functions/.env`);
  const gateway = new URL(API_URL);
  gateway.hostname = "host.docker.internal";
  return {
    url: API_URL,
    databaseUrl: DB_URL,
    publishableKey: PUBLISHABLE_KEY ?? ANON_KEY,
    settings: parseEnv(settings) as Record<string, string>,
    workersUrl: `${gateway.origin}/functions/v1`,
    source,
    plan: "team",
    authSettings: await declaredAuthSettings(source),
    remedies: {
      redeploy: "Run npm run start:docker again.",
      rebuild: "Run npm run start:docker again.",
      readLog:
        "Read the functions' log: docker logs supabase_edge_runtime_document-pipeline",
      bringUp: "Run npm run start:docker.",
    },
  };
}

export async function hostedPatient(options: ProjectOptions): Promise<Patient> {
  const { environment, secrets } = await readOperatorInput(options);
  if (!secrets.databasePassword) {
    throw new ErrorWithRemedy(
      "SUPABASE_DB_PASSWORD is missing: most requirements are looked at in the database.",
      `Put it into .env.${environment.name}.`,
    );
  }
  await using release = await prepareRelease(options.source, environment);
  const cli = new SupabaseCli({ ...secrets, directory: release.directory });
  await findProject(cli, environment);
  const authSettings = await readAuthSettings(cli, environment);
  return {
    url: environment.url,
    databaseUrl: await linkProject(
      cli,
      environment,
      release.directory,
      secrets.databasePassword,
    ),
    publishableKey: (await readKeys(cli, environment)).publishable,
    settings: { ...environment.settings, ...secrets.functions },
    source: options.source,
    plan: environment.plan,
    dataApi: environment.dataApi,
    authSettings,
    ofEnvironment: await examineEnvironment(cli, environment, authSettings),
    build: digestOf(options.source),
  };
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
      "who reaches the database",
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
