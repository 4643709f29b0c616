import { type HostedProject, newProject } from "../../platform/simulators/management_api/project.ts";
import { type ManagementApi, profileFor, startManagementApi } from "../../platform/simulators/management_api/server.ts";
import { startProviders } from "../../platform/stack/providers.ts";
import { makeReachableTempDir } from "../../platform/stack/postgres/account.ts";
import { passwordOf } from "../../platform/stack/postgres/roles.ts";
import { type Stack, startStack } from "../../platform/stack/stack.ts";
import type { Environment } from "../project/environments.ts";
import type { OperatorSecrets } from "../project/secrets.ts";
import type { CliOptions } from "../../platform/cli/supabase_cli.ts";
import { ServedFunctions } from "./served_functions.ts";

/** A Supabase on this machine for deployments: the Management API, and a new project. */
export interface RehearsalPlatform extends AsyncDisposable {
  environment: Environment;
  secrets: OperatorSecrets;
  /** The CLI's connection: a profile and a token, as for Supabase. */
  cli: Omit<CliOptions, "directory">;
  project: HostedProject;
  /** Another environment's project in the same organisation. */
  neighbour: HostedProject;
  api: ManagementApi;
  stack: Stack;
}

const REF = "rehearsalprojectaaaa";
const NEIGHBOUR_REF = "rehearsalneighbouraa";
const ACCESS_TOKEN = `sbp_${"0".repeat(40)}`;

/** @throws {ErrorWithRemedy} if the machine cannot run the local stack */
export async function startRehearsalPlatform(): Promise<RehearsalPlatform> {
  await using parts = new AsyncDisposableStack();
  const folder = await makeReachableTempDir("rehearsal-");
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  // Without keys of this shell: a rehearsal must cost nothing.
  const providers = await startProviders({});
  parts.defer(() => providers.stop());

  const served = new ServedFunctions();
  const stack = await startStack({
    stateDir: `${folder}/stack`,
    port: 0,
    databasePort: 0,
    durable: false,
    migrations: false,
    startFunctionHost: served.start,
  });
  parts.defer(() => stack.stop());

  const database = new URL(stack.databaseUrl);
  const facts = {
    publishableKey: stack.publishableKey,
    secretKey: stack.secretKey,
    database: {
      host: database.hostname,
      port: Number(database.port),
      user: database.username,
    },
  };
  const project = newProject({ ...facts, ref: REF, name: "rehearsal" });
  const neighbour = newProject({
    ...facts,
    ref: NEIGHBOUR_REF,
    name: "neighbour",
  });
  const serve = async () => {
    await stack.reloadSchema();
    const deployed = [...project.functions.values()];
    await served.serve(deployed.map(({ upload }) => upload), project.secrets);
  };
  const api = await startManagementApi({
    projects: [project, neighbour],
    accessToken: ACCESS_TOKEN,
    onFunctionsDeployed: serve,
    onSecretsSet: serve,
  });
  parts.defer(() => api.stop());
  const profile = `${folder}/profile.yaml`;
  await Deno.writeTextFile(profile, profileFor(api));
  await Deno.mkdir(`${folder}/home`);

  const { LLAMAPARSE_API_KEY, OPENAI_API_KEY, ...urls } = providers.functionEnv;
  const owned = parts.move();
  return {
    environment: {
      name: "rehearsal",
      projectRef: REF,
      environment: "staging",
      url: stack.url,
      siteUrl: "https://rehearsal.example.com",
      confirmEmails: true,
      plan: "team",
      dataApi: true,
      oauth: {},
      redirectUrls: [],
      operatorMfa: false,
      enforceSsl: true,
      settings: urls,
    },
    secrets: {
      accessToken: ACCESS_TOKEN,
      databasePassword: passwordOf("postgres"),
      functions: {
        LLAMAPARSE_API_KEY,
        OPENAI_API_KEY,
        WORKER_SECRET: newSecret(),
        WEBHOOK_SIGNING_SECRET: newSecret(),
        JWT_SECRET: stack.jwtSecret,
      },
    },
    cli: {
      profile,
      accessToken: ACCESS_TOKEN,
      databasePassword: passwordOf("postgres"),
      home: `${folder}/home`,
    },
    project,
    neighbour,
    api,
    stack,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
