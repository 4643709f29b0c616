import type postgres from "postgres";
import { checkServer } from "../doctor/database.ts";
import {
  checkBuild,
  checkProviders,
  checkServices,
  checkVersion,
  checkWakeUp,
  checkWebhook,
} from "../doctor/services.ts";
import { examine, type Finding, HOSTED, met, showFinding, unmet } from "../doctor/finding.ts";
import { examineOperators } from "../doctor/sign_in.ts";
import { checkCorsOrigins, checkDatabaseAccess } from "../doctor/openness.ts";
import { APPLICATION } from "../../../supabase/functions/_shared/database.ts";
import { formatSeconds } from "../../dev/terminal/screen.ts";
import { secretsInForce, vaultSecrets } from "../rotate_secret/rotate.ts";
import { putSecrets } from "../../platform/stack/vault.ts";
import { type AuthSettings, changesBeyondConfig, readAuthSettings, setAuthSettings } from "../project/auth_settings.ts";
import { addressForCli, connect } from "../project/database.ts";
import {
  accessChanges,
  changeDatabaseAccess,
  type DatabaseAccess,
  describeAccess,
  readDatabaseAccess,
} from "../project/database_access.ts";
import type { Environment } from "../project/environments.ts";
import { compareMigrations, type MigrationState } from "../project/migrations.ts";
import type { Report, Step } from "./progress.ts";
import {
  findProject,
  linkProject,
  type ProjectKeys,
  readConfigChanges,
  readDigests,
  readKeys,
} from "../project/project.ts";
import { buildFunctions, describeSizes } from "../../dev/build/build_functions.ts";
import type { Release } from "../project/release.ts";
import { whyLeaveSettings } from "../project/settings_owner.ts";
import {
  changedSettings,
  functionSettings,
  type OperatorSecrets,
  type SecretDigests,
  sharedSecrets,
} from "../project/secrets.ts";
import { runSmokeDocument } from "./smoke.ts";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** The input of a deployment. */
export interface DeploymentInput {
  environment: Environment;
  /** All environments, so that none of their secrets are shared. */
  environments: Environment[];
  secrets: OperatorSecrets;
  release: Release;
  cli: SupabaseCli;
  /** The operator asks for Auth, the Data API, Storage and database access to be set, whatever else the project holds. */
  pushesSettings?: boolean;
}

/** The project's present state, and its connections. */
export interface Deployment extends DeploymentInput, AsyncDisposable {
  settings: Record<string, string>;
  keys: ProjectKeys;
  databaseUrl: string;
  sql: postgres.Sql;
  migrations: MigrationState;
  /** Names of settings whose value differs on the project. */
  changedSettings: string[];
  /** The changes of `config push`. */
  configChanges: string[];
  /** Auth's settings that config.toml cannot express and that differ on the project. */
  authChanges: AuthSettings;
  /** The present access rules of the database, and their changes. */
  access: DatabaseAccess;
  accessChanges: Partial<DatabaseAccess>;
  /** Why the project's settings are left to it; undefined if this deployment sets them. */
  leavesSettings?: string;
  findings: Finding[];
}

/**
 * Inspects everything before anything is changed.
 * @throws {ErrorWithRemedy} if the inspection itself is impossible; its results are in `findings`
 */
export async function inspect(
  input: DeploymentInput,
  report: Report,
): Promise<Deployment> {
  const { environment, secrets, release, cli } = input;
  const given = functionSettings(environment, secrets);
  report(
    "✓ settings and secrets are valid, and not shared with another environment",
  );
  if (!secrets.databasePassword) {
    throw new ErrorWithRemedy(
      "SUPABASE_DB_PASSWORD is missing; migrations need it.",
      `Add it to .env.${environment.name}. If it is lost, set a new one: Project Settings > Database.`,
    );
  }
  const name = await findProject(cli, environment);
  report(`✓ logged in; the project is ${name} (${environment.projectRef})`);
  const sizes = release.added ? await builtSizes(release) : await buildFunctions(release.directory);
  report(`✓ all functions are built: ${describeSizes(sizes)}`);
  const [
    keys,
    digests,
    others,
    configChanges,
    authFound,
    access,
    operators,
    databaseUrl,
  ] = await Promise.all([
    readKeys(cli, environment),
    readDigests(cli, environment.projectRef),
    readOthers(input),
    readConfigChanges(cli, environment.projectRef),
    readAuthSettings(cli, environment),
    readDatabaseAccess(cli, environment),
    examineOperators(cli, environment),
    linkProject(
      cli,
      environment,
      release.directory,
      secrets.databasePassword,
    ),
  ]);
  const sql = connect(databaseUrl);
  try {
    const inForce = await secretsInForce(sql);
    const settings = { ...given, ...inForce };
    for (const [name, value] of Object.entries(inForce)) {
      if (given[name] === value) continue;
      report(
        `  ${name} keeps its value from Vault; npm run rotate-secret replaces it`,
      );
    }
    const migrations = await compareMigrations(sql, release.migrations);
    const leavesSettings = await whyLeaveSettings(input, sql, input.pushesSettings);
    const findings = [
      keys.kind === "opaque" ? met("API keys", "publishable and secret keys") : met("API keys", "legacy JWT keys"),
      ...authFound || leavesSettings ? [] : [AUTH_BY_HAND],
      ...await checkServer(sql),
      ...migrations.drift.map((sentence) =>
        unmet(
          "migrations",
          sentence,
          "Deploy from the state of the code that was deployed last, or a newer one. Never edit an applied migration.",
        )
      ),
      ...checkOwnMigrations(release, migrations.pending),
      ...await checkSharing(environment, others, settings),
      ...await checkProviders(settings),
      ...await checkOwnWebhook(settings, environment),
      operators,
      // The plan has the corrections that this deployment will make.
      ...checkDatabaseAccess(environment, access)
        .filter(({ status }) => status === "advice"),
      ...[checkCorsOrigins(environment)]
        .filter(({ status }) => status === "advice"),
    ];
    for (const finding of findings) {
      for (const line of showFinding(finding)) report(line);
    }
    const changes = {
      config: configChanges,
      auth: authFound ? changesBeyondConfig(authFound) : {},
      access: accessChanges(environment, access),
    };
    if (leavesSettings) { for (const line of describeLeft(leavesSettings, changes)) report(line); }
    return {
      ...input,
      settings,
      keys,
      databaseUrl,
      sql,
      migrations,
      findings,
      access,
      leavesSettings,
      configChanges: leavesSettings ? [] : changes.config,
      accessChanges: leavesSettings ? {} : changes.access,
      authChanges: leavesSettings ? {} : changes.auth,
      changedSettings: await changedSettings(settings, digests),
      [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }),
    };
  } catch (error) {
    await sql.end({ timeout: 5 });
    throw error;
  }
}

/** The functions of a project to which the pipeline was added, which `npm run init` has built. */
async function builtSizes({ directory, functions }: Release): Promise<Map<string, number>> {
  const sizes = await Promise.all(functions.map(async (name) => {
    const path = `supabase/functions/${name}/index.js`;
    const file = await Deno.stat(`${directory}/${path}`).catch(() => undefined);
    if (file) return [name, file.size] as const;
    throw new ErrorWithRemedy(`${path} is missing.`, "Restore it from your repository: git checkout.");
  }));
  return new Map(sizes);
}

function describeLeft(
  why: string,
  { config, auth, access }: { config: string[]; auth: AuthSettings; access: Partial<DatabaseAccess> },
): string[] {
  const left = [...config, ...Object.keys(auth), ...describeAccess(access)];
  return [
    `  Settings of Auth, the Data API, Storage and the database's access are left as they are: ${why}.`,
    ...left.length > 0 ? ["  --push-settings would set:", ...left.map((change) => `    - ${change}`)] : [],
  ];
}

/** A project's own migrations are for its own commands to apply. */
function checkOwnMigrations({ added }: Release, pending: string[]): Finding[] {
  const own = added ? pending.filter((name) => !added.migrations.includes(name)) : [];
  if (own.length === 0) return [];
  return [
    unmet(
      "the project's own migrations",
      `${own.length} ${own.length === 1 ? "is" : "are"} not applied: ${own[0]}${own.length > 1 ? " …" : ""}`,
      "Apply them first: npx supabase db push, in the project's folder.",
    ),
  ];
}

/** Without a token a deployment cannot call the Management API, and the CLI has no command for these settings. */
const AUTH_BY_HAND: Finding = {
  requirement: "Auth's guards",
  status: "unknown",
  found: "some need SUPABASE_ACCESS_TOKEN, which is missing: set them by hand",
  remedy:
    "Dashboard: Authentication > Sign In / Providers > Email > Require current password when updating; Authentication > Rate Limits > IP Address Forwarding.",
};

/** @throws {ErrorWithRemedy} with every unmet requirement and its remedy */
export function refuseUnmet(findings: Finding[]): void {
  const faults = findings.filter(({ status }) => status === "unmet");
  if (faults.length === 0) return;
  throw new ErrorWithRemedy(
    `Not met: ${
      faults.map(({ requirement, found }) => `${requirement}: ${found}`)
        .join("; ")
    }`,
    [...new Set(faults.map(({ remedy }) => remedy))].join("\n"),
  );
}

/** Another environment's project. */
interface Other {
  name: string;
  projectRef: string;
  /** Undefined if this login does not see them. */
  digests?: SecretDigests;
}

function readOthers(
  { environment, environments, cli }: DeploymentInput,
): Promise<Other[]> {
  const others = environments.filter(({ name }) => name !== environment.name);
  return Promise.all(others.map(async ({ name, projectRef }) => ({
    name,
    projectRef,
    digests: await readDigests(cli, projectRef).catch(() => undefined),
  })));
}

/** Checks that the other environments' projects that this login sees do not have this one's secrets. */
async function checkSharing(
  environment: Environment,
  others: Other[],
  settings: Record<string, string>,
): Promise<Finding[]> {
  return (await Promise.all(others.map(async (
    { name, projectRef, digests },
  ) => {
    const requirement = `apart from ${name}`;
    if (!digests) {
      return {
        requirement,
        status: "unknown" as const,
        found: `this login cannot list the secrets of ${projectRef}`,
      };
    }
    const shared = await sharedSecrets(settings, digests);
    return shared.length === 0 ? met(requirement, "no secret is shared") : unmet(
      requirement,
      `${shared.join(", ")} ${shared.length === 1 ? "is" : "are"} the same on ${name}'s project`,
      `Create new ones for ${environment.name}: openssl rand -hex 32`,
    );
  }))).flat();
}

/** A receiver on a custom domain must answer before LlamaParse gets its URL. */
async function checkOwnWebhook(
  settings: Record<string, string>,
  { url }: Environment,
): Promise<Finding[]> {
  const webhook = settings.WEBHOOK_URL;
  if (!webhook || new URL(webhook).host === new URL(url).host) return [];
  const requirement = "webhook's domain";
  const remedy =
    "Set up the custom domain and its certificate first (docs/deploying/domains.md), or remove WEBHOOK_URL.";
  try {
    const response = await fetch(new URL(webhook).origin, {
      signal: AbortSignal.timeout(15_000),
      redirect: "manual",
    });
    await response.body?.cancel();
    return [met(requirement, `${new URL(webhook).host} answers`)];
  } catch (error) {
    return [unmet(requirement, String(error), remedy)];
  }
}

/** The step after which the uploaded functions are live. */
export const FUNCTIONS_STEP = "Deploy the functions";

/** The steps in order, with the changes that each would make. */
export function planSteps(deployment: Deployment): Step[] {
  const { environment, release, cli, settings, migrations, sql } = deployment;
  const { projectRef } = environment;
  const functionsUrl = `${environment.url}/functions/v1`;
  const ofSettings = (step: Step): Step[] => deployment.leavesSettings ? [] : [step];
  return [
    {
      title: "Apply the migrations",
      plan: migrations.pending.map((name) => `apply ${name}`),
      async run() {
        if (migrations.pending.length === 0) return "none pending";
        await pushMigrations(deployment);
        return `${migrations.pending.length} applied`;
      },
    },
    {
      title: "Set the functions' secrets",
      plan: deployment.changedSettings.map((name) => `set ${name}`),
      async run() {
        if (deployment.changedSettings.length === 0) return "unchanged";
        await setSecrets(cli, projectRef, settings);
        return `${deployment.changedSettings.length} set: ${deployment.changedSettings.join(", ")}`;
      },
    },
    {
      title: "Store the workers' URL in the database",
      plan: [
        "store pipeline_functions_url and the database's secrets in Vault",
      ],
      async run() {
        await putSecrets(sql, {
          pipeline_functions_url: functionsUrl,
          ...vaultSecrets(settings),
        });
        return functionsUrl;
      },
    },
    ...ofSettings({
      title: "Configure the Data API, Auth and Storage",
      plan: deployment.configChanges.map((change) => `set ${change}`),
      async run() {
        await cli.run("config", "push", "--project-ref", projectRef);
        return "as config.toml says";
      },
    }),
    ...ofSettings({
      title: "Configure Auth's settings that config.toml cannot express",
      plan: Object.keys(deployment.authChanges).map((name) => `set ${name}`),
      async run() {
        const { authChanges } = deployment;
        const names = Object.keys(authChanges);
        if (names.length === 0) return "none differ";
        await setAuthSettings(cli, projectRef, authChanges);
        return `${names.length} set: ${names.join(", ")}`;
      },
    }),
    {
      title: FUNCTIONS_STEP,
      plan: release.functions.map((name) => `deploy ${name} of version ${release.version}`),
      async run() {
        await deployFunctions(cli, projectRef, release);
        return `${release.functions.join(", ")} of version ${release.version}`;
      },
    },
    ...ofSettings({
      title: "Restrict access to the database",
      plan: describeAccess(deployment.accessChanges),
      async run() {
        const changes = describeAccess(deployment.accessChanges);
        if (changes.length === 0) return "unchanged";
        await changeDatabaseAccess(
          cli,
          environment,
          deployment.access,
          deployment.accessChanges,
          () => reachAnew(deployment, functionsUrl),
        );
        return changes.join("; ");
      },
    }),
    {
      title: "Check the health of every service",
      plan: [],
      async run(report) {
        const findings = await untilMet(async () => [
          ...await checkServices(functionsUrl, settings.WEBHOOK_URL),
          ...await checkVersion(functionsUrl, release.version),
          ...await checkBuild(functionsUrl, release.build),
          ...await checkWakeUp(sql),
          ...await checkWebhook(
            sql,
            settings.WEBHOOK_URL ?? `${functionsUrl}/webhook/llamaparse`,
            settings.WEBHOOK_SIGNING_SECRET,
          ),
        ]);
        for (const finding of findings) {
          for (const line of showFinding(finding)) report(line);
        }
        refuseUnmet(findings);
        return "all services answer";
      },
    },
    {
      title: "Process a document",
      plan: ["upload one document as a temporary user, and delete both"],
      async run(report) {
        const seconds = await runSmokeDocument({
          url: environment.url,
          publishableKey: deployment.keys.publishable,
          secretKey: deployment.keys.secret,
          sql,
          onProgress: report,
        });
        return `searchable after ${formatSeconds(seconds)}; deleted again`;
      },
    },
  ];
}

/** How long old functions may continue to answer, and the polling interval, in milliseconds. */
const TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 3_000;

/** Polls until every requirement is met or the time is over: a deployment takes a moment to be live everywhere. */
export async function untilMet(
  check: () => Promise<Finding[]>,
  timeoutMs = TIMEOUT_MS,
): Promise<Finding[]> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const findings = await check();
    const isMet = findings.every(({ status }) => status !== "unmet");
    if (isMet || Date.now() + LOOK_EVERY_MS > end) return findings;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/**
 * Whether the functions and this machine reach the database, after all earlier connections of the functions were
 * closed: new rules apply to new connections.
 */
async function reachAnew(
  { sql, databaseUrl }: Deployment,
  functionsUrl: string,
): Promise<{ ok: boolean; why: string }> {
  const requirement = "database, from this machine";
  const findings = await untilMet(async () => {
    const fresh = connect(databaseUrl);
    try {
      const reached = await examine(requirement, HOSTED.bringUp, async () => {
        await fresh`
          select pg_terminate_backend(pid) from pg_stat_activity where application_name like ${`${APPLICATION}-%`}`;
        return met(requirement, "is reached");
      });
      return reached[0].status === "met"
        ? [
          ...await checkServices(functionsUrl),
          ...await checkWakeUp(sql),
        ]
        : reached;
    } finally {
      await fresh.end({ timeout: 5 });
    }
  });
  const missed = findings.filter(({ status }) => status === "unmet");
  return {
    ok: missed.length === 0,
    why: missed.map(({ requirement, found }) => `${requirement}: ${found}`)
      .join("; "),
  };
}

/** Runs `supabase db push` with the database URL from linking. */
export async function pushMigrations(
  { cli, databaseUrl }: Pick<Deployment, "cli" | "databaseUrl">,
): Promise<void> {
  await cli.run(
    ...["db", "push", "--db-url", addressForCli(databaseUrl)],
    ...["--include-all", "--skip-vault"],
  );
}

/** Uploads every built function, and no other of a project to which they were added; they become active together. */
export async function deployFunctions(
  cli: SupabaseCli,
  projectRef: string,
  { added, functions }: Pick<Release, "added" | "functions">,
): Promise<void> {
  await cli.run(
    ...["functions", "deploy", ...added ? functions : []],
    ...["--use-api", "--project-ref", projectRef],
  );
}

/** From a file that only this user may read, because process lists show arguments. */
async function setSecrets(
  cli: SupabaseCli,
  projectRef: string,
  settings: Record<string, string>,
): Promise<void> {
  const file = await Deno.makeTempFile({ prefix: "secrets-" });
  try {
    const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
    await Deno.writeTextFile(file, lines.join(""), { mode: 0o600 });
    await cli.run(
      ...["secrets", "set", "--env-file", file, "--project-ref", projectRef],
    );
  } finally {
    await Deno.remove(file);
  }
}
