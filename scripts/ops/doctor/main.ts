import { parseEnv } from "node:util";
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import {
  projectCommand,
  type ProjectOptions,
  readOperatorInput,
  runCommand,
} from "../project/operator.ts";
import {
  type AuthSettings,
  BEYOND_CONFIG,
  declaredAuthSettings,
  readAuthSettings,
} from "../project/auth_settings.ts";
import { findProject, linkProject, readKeys } from "../project/project.ts";
import { prepareRelease } from "../project/release.ts";
import { OperatorError } from "../../dev/operator_error.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { digestOf } from "../../dev/build/built_functions.mjs";
import { examinePipeline, type Patient } from "./doctor.ts";
import { examine, type Finding, HOSTED, showFinding } from "./finding.ts";
import { checkSignIn, examineOperators } from "./sign_in.ts";
import { checkCorsOrigins, checkDatabaseAccess } from "./openness.ts";
import { readDatabaseAccess } from "../project/database_access.ts";
import type { Environment } from "../project/environments.ts";
import { findLocalStack } from "../pipeline/target.ts";
import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import { urlFor } from "../../platform/stack/postgres/roles.ts";

interface DoctorOptions extends Omit<ProjectOptions, "project"> {
  project?: string;
  port: number;
  docker?: boolean;
  roundTrips?: boolean;
  json?: boolean;
}

/** `npm run doctor`: 0 if every requirement is met, 1 if one is not. */
async function main(): Promise<number> {
  const options = projectCommand(
    "doctor",
    "Looks at every requirement of a running pipeline. Reads only, unless --round-trips is given.",
  )
    .option(
      "--project <name>",
      "an environment of supabase/environments.toml; without it, the stack on this machine",
    )
    .option("--port <number>", "of the local stack", portOf, 54321)
    .option("--docker", "the stack of `supabase start`, in place of ours")
    .option(
      "--round-trips",
      "also let the database call a worker, and send the webhook a signed call",
    )
    .option("--json", "an array of findings instead of lines")
    .parse(Deno.args, { from: "user" }).opts<DoctorOptions>();

  const patient = options.project
    ? await hosted({ ...options, project: options.project })
    : options.docker
    ? await inDocker(options)
    : await local(options);
  const findings = await examinePipeline(patient, {
    roundTrips: options.roundTrips ?? false,
  });
  const faults = findings.filter(({ status }) => status === "unmet").length;
  if (options.json) {
    console.log(JSON.stringify(findings, null, 2));
  } else {
    console.log(patient.url);
    for (const line of findings.flatMap(showFinding)) console.log(line);
    console.log(
      faults === 0
        ? "\nEvery requirement is met."
        : `\nNot met: ${faults} of ${findings.length}.`,
    );
  }
  return faults === 0 ? 0 : 1;
}

/** The stack of this repository: unless it says otherwise, the database is one port above the gateway. */
async function local({ port, source }: DoctorOptions): Promise<Patient> {
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
        "Start the local stack: npm run stack. If it has another port than 54321, say --port.",
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
async function inDocker({ source }: DoctorOptions): Promise<Patient> {
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

async function hosted(options: ProjectOptions): Promise<Patient> {
  const { environment, secrets } = await readOperatorInput(options);
  if (!secrets.databasePassword) {
    throw new OperatorError(
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

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65535) return port;
  throw new InvalidArgumentError("It must be a number from 1 to 65534.");
}

Deno.exit(await runCommand(main));
