import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { type AuthRest, startAuthRest } from "./auth_rest.ts";
import { functionEnvironment } from "./function_environment.ts";
import { type FunctionHost, type FunctionHostOptions, startFunctionHost } from "./functions/host.ts";
import type { FunctionLimits } from "./functions/limits.ts";
import { type Gateway, openGateway } from "./gateway.ts";
import { functionsDeno, HOSTED_VERSIONS } from "./hosted_versions.ts";
import { claimInstance } from "./instance.ts";
import { legacyKey, LOCAL_KEYS } from "./keys.ts";
import { stackConsole } from "./pages/stack_console.ts";
import { managementOf } from "./management.ts";
import { prepareAuthTables } from "./postgres/auth_tables.ts";
import { stackPages } from "./pages/pages.ts";
import { type Cluster, startCluster } from "./postgres/cluster.ts";
import { startHttpRequests } from "./postgres/http_requests.ts";
import { installPostgres } from "./postgres/install.ts";
import { applyMigrations } from "./postgres/migrations.ts";
import { readEdits } from "./postgres/reapply.ts";
import { describeEdit } from "./edit_report.ts";
import { type ProjectConfig, readProjectConfig } from "./project_config.ts";
import { askStack } from "./running_stack.ts";
import { openLog } from "./realtime/log.ts";
import type { RealtimeLimits } from "./realtime/limits.ts";
import { openRealtime, type RealtimeSwitch } from "./realtime/switch.ts";
import { startStorage } from "./storage/server.ts";
import { openTokenSigning, type TokenSigning, type TokenSigningName } from "./token_signing.ts";
import { storeSecrets } from "./vault.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { printTrace } from "../../dev/terminal/print.ts";

const PROJECT = resolve(import.meta.dirname!, "../../..");
/** If Postgres ends within so many milliseconds of the stack, the stack's end is the cause. */
const EXIT_GRACE_MS = 500;

export interface StackOptions {
  /** Holds everything generated for this instance: data directory, stored bytes, logs, lock. */
  stateDir: string;
  /** The gateway's port; 0 for any free port. */
  port: number;
  /** Postgres' port; 0 for any free port. */
  databasePort: number;
  /** How users' tokens are signed, which also decides which API keys exist; `hs256` by default. */
  jwt?: TokenSigningName;
  /** Additional variables of the functions; they win over the stack's. */
  functionEnv?: Record<string, string>;
  /** True: Auth limits attempts by address, as on hosted. Tests sign in hundreds of users from one address. */
  limitsAuthAttempts?: boolean;
  /** Replaces hosted's limits of the functions. */
  functionLimits?: Partial<FunctionLimits>;
  /** Holds `supabase/`, and the packages that the functions import; this repository by default. */
  projectDir?: string;
  /**
   * True: functions start with the files that config.toml names, and get `supabase/functions/.env`, as the CLI serves a
   * project. By default they start from their sources.
   */
  servesAsDeclared?: boolean;
  /** False: the stack starts without Realtime. */
  realtime?: boolean;
  /** Replaces hosted's limits of Realtime. */
  realtimeLimits?: Partial<RealtimeLimits>;
  /** By default `supabase/functions` of the project. */
  functionsDir?: string;
  /** Replaces the stack's own function host. */
  startFunctionHost?: (options: FunctionHostOptions) => Promise<FunctionHost>;
  /** False: an empty project, without migrations and without their secrets in Vault. */
  migrations?: boolean;
  /** False: `onProgress` does not report migrations that were edited after they had been applied. */
  namesEdits?: boolean;
  /** False: faster, for data that need not survive a crash of the machine. */
  durable?: boolean;
  /** Receives each step in a sentence for people. */
  onProgress?: (step: string) => void;
  /** Receives the error when Postgres ends by itself. The stack is then unusable and should be stopped. */
  onFailure?: (error: ErrorWithRemedy) => void;
  /** Aborts the start, which then stops what it has started and throws the signal's reason. */
  signal?: AbortSignal;
}

export interface Stack {
  /** The gateway's URL, without a trailing slash. */
  url: string;
  port: number;
  /** Absolute. */
  stateDir: string;
  /** As the role `postgres`, which is no superuser, like a project's owner on hosted. */
  databaseUrl: string;
  /** As the superuser; for tests only. */
  adminDatabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  /** Legacy JWT keys; invalid where tokens are signed with ES256. */
  anonKey: string;
  serviceRoleKey: string;
  jwtSecret: string;
  /** Signs a user's token as Auth does. */
  signToken: TokenSigning["sign"];
  /** @see FunctionHost.renew */
  renewFunctions: FunctionHost["renew"];
  /** Call it after another process has changed the schema: REST caches the schema. */
  reloadSchema(): Promise<void>;
  /** Stops every part, in order. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a local Supabase on this machine's loopback address and applies the project's migrations. If a part does not
 * start, the others are stopped.
 * @throws {ErrorWithRemedy} naming the cause and the remedy: second instance, port taken, unsupported machine, faulty
 * migration …
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const started = new AsyncDisposableStack();
  try {
    return await start(options, started);
  } catch (error) {
    await started.disposeAsync().catch((fault) => printTrace(fault, "while giving up the start"));
    throw error;
  }
}

async function start(
  options: StackOptions,
  started: AsyncDisposableStack,
): Promise<Stack> {
  const { signal, onProgress = () => {} } = options;
  const stateDir = resolve(options.stateDir);
  const projectDir = resolve(options.projectDir ?? PROJECT);
  const functionsDir = resolve(
    options.functionsDir ?? `${projectDir}/supabase/functions`,
  );
  const config = await readProjectConfig(`${projectDir}/supabase/config.toml`);

  const instance = await claimInstance(stateDir);
  started.defer(() => instance.release());
  const gateway = await openGatewayAt(options.port);
  started.defer(() => gateway.stop());
  await instance.announce(gateway.url);

  const cluster = await startPostgres(options, stateDir, onProgress);
  started.defer(() => cluster.stop());
  signal?.throwIfAborted();
  const admin = cluster.urlFor("supabase_admin");
  const signing = await openTokenSigning(options.jwt ?? "hs256", stateDir);

  const authRest = await startAuthRest({
    databaseUrls: {
      auth: cluster.urlFor("supabase_auth_admin"),
      rest: cluster.urlFor("authenticator"),
      admin,
    },
    url: gateway.url,
    keys: LOCAL_KEYS,
    signing,
    config,
    limitsAttempts: options.limitsAuthAttempts ?? false,
    logFile: `${stateDir}/auth_rest.log`,
  });
  started.defer(() => authRest.stop());
  await prepareAuthTables(admin, authRest.createTables);
  const storage = await startStorage({
    ...LOCAL_KEYS,
    jwtSecret: signing.innerSecret,
    serviceRoleKey: signing.name === "hs256" ? await legacyKey("service_role") : undefined,
    databaseUrl: cluster.urlFor("supabase_storage_admin"),
    dir: `${stateDir}/storage`,
    maxFileBytes: config.storage.file_size_limit,
  });
  started.defer(() => storage.stop());
  onProgress("Auth, REST and Storage are ready");
  signal?.throwIfAborted();

  if (options.migrations ?? true) {
    await migrate(cluster, authRest, projectDir, options);
    await storeSecrets(cluster.urlFor("postgres"), {
      pipeline_functions_url: `${gateway.url}/functions/v1`,
      pipeline_worker_secret: LOCAL_KEYS.workerSecret,
    });
  }
  signal?.throwIfAborted();

  const { version } = functionsDeno();
  if (version !== HOSTED_VERSIONS.deno) {
    onProgress(
      `Functions run on Deno ${version}: hosted's ${HOSTED_VERSIONS.deno} is not installed`,
    );
  }
  const realtime = await startSwitchedRealtime(options, stateDir, admin, signing, started);
  // The functions need the gateway and the services behind it until they have finished.
  started.defer(() => gateway.serve(null));
  const functions = await startFunctions(
    { ...options, functionsDir, stateDir, config, projectDir },
    gateway,
    cluster,
    signing,
  );
  started.defer(() => functions.stop());
  gateway.serve({
    auth: authRest.auth,
    rest: authRest.rest,
    storage: async (request) => await storage.fetch(await signing.translate(request)),
    functions: functions.fetch,
    realtime: realtime.fetch,
    realtimeControl: realtime.control,
    management: managementOf(functions),
    pages: stackPages(projectDir, { url: gateway.url, databaseUrl: cluster.urlFor("postgres") }),
    console: stackConsole({ url: gateway.url, publishableKey: LOCAL_KEYS.publishableKey }),
    about: () => ({
      pid: Deno.pid,
      folder: projectDir,
      databasePort: cluster.port,
      llamaparseUrl: options.functionEnv?.LLAMAPARSE_API_URL,
      functions: functions.processes(),
    }),
  });
  const httpRequests = await startHttpRequests(admin);
  started.defer(() => httpRequests.stop());
  onProgress(`The gateway listens on ${gateway.url}`);

  const owned = started.move();
  let stopping: Promise<void> | undefined;
  watch(cluster, () => stopping !== undefined, stateDir, options.onFailure);
  return {
    url: gateway.url,
    port: gateway.port,
    stateDir,
    databaseUrl: cluster.urlFor("postgres"),
    adminDatabaseUrl: admin,
    publishableKey: LOCAL_KEYS.publishableKey,
    secretKey: LOCAL_KEYS.secretKey,
    anonKey: await legacyKey("anon"),
    serviceRoleKey: await legacyKey("service_role"),
    jwtSecret: LOCAL_KEYS.jwtSecret,
    signToken: signing.sign,
    renewFunctions: functions.renew,
    reloadSchema: () => authRest.reload(),
    stop: () => stopping ??= owned.disposeAsync(),
  };
}

/** Opens the gateway, or names the folder of the other stack that has its port. */
async function openGatewayAt(port: number): Promise<Gateway> {
  try {
    return openGateway(port);
  } catch (error) {
    const other = error instanceof ErrorWithRemedy ? await askStack(`http://127.0.0.1:${port}`) : undefined;
    if (!other) throw error;
    throw new ErrorWithRemedy(
      `Port ${port} is taken by another program: the stack of ${other.folder} (pid ${other.pid}).`,
      `Choose another port, such as --port ${port + 100}: the commands of this folder find the stack there. Or stop ` +
        "the other one.",
      { cause: error },
    );
  }
}

async function startPostgres(
  options: StackOptions,
  stateDir: string,
  onProgress: (step: string) => void,
): Promise<Cluster> {
  const homeDir = await installPostgres({ onProgress });
  options.signal?.throwIfAborted();
  const cluster = await startCluster({
    homeDir,
    dataDir: `${stateDir}/data`,
    port: options.databasePort,
    logFile: `${stateDir}/postgres.log`,
    durable: options.durable,
  });
  onProgress(`Postgres 17 is ready on port ${cluster.port}`);
  return cluster;
}

async function migrate(
  cluster: Cluster,
  authRest: AuthRest,
  projectDir: string,
  { namesEdits = true, onProgress = () => {} }: StackOptions,
): Promise<void> {
  const databaseUrl = cluster.urlFor("postgres");
  const edits = namesEdits ? await readEdits(databaseUrl, projectDir) : [];
  for (const edit of edits) onProgress(describeEdit(edit));
  const applied = await applyMigrations(databaseUrl, {
    projectDir,
    onProgress,
  });
  if (applied.length > 0) await authRest.reload();
  onProgress(
    applied.length > 0 ? `Migrations applied: ${applied.length}` : "The database is up to date",
  );
}

async function startSwitchedRealtime(
  options: StackOptions,
  stateDir: string,
  adminUrl: string,
  signing: TokenSigning,
  started: AsyncDisposableStack,
): Promise<RealtimeSwitch> {
  const log = await openLog(`${stateDir}/realtime.log`);
  started.defer(() => log.close());
  const realtime = await openRealtime({
    adminUrl,
    tokenKeys: {
      secret: signing.name === "hs256" ? signing.innerSecret : undefined,
      published: signing.publishedKeys,
    },
    publishableKey: LOCAL_KEYS.publishableKey,
    secretKey: LOCAL_KEYS.secretKey,
    limits: options.realtimeLimits,
    log: log.write,
  }, options.realtime ?? true);
  started.defer(() => realtime.stop());
  return realtime;
}

async function startFunctions(
  options: StackOptions & { functionsDir: string; projectDir: string; config: ProjectConfig },
  gateway: Gateway,
  cluster: Cluster,
  signing: TokenSigning,
): Promise<FunctionHost> {
  const { functionsDir, stateDir, config, functionEnv, projectDir, servesAsDeclared } = options;
  const startHost = options.startFunctionHost ?? startFunctionHost;
  const guarded = Object.entries(config.functions)
    .filter(([, { verify_jwt }]) => verify_jwt)
    .map(([name]) => name);
  return await startHost({
    dir: functionsDir,
    declared: servesAsDeclared ? declaredFunctions(config, projectDir) : undefined,
    env: {
      ...servesAsDeclared ? await readProjectEnvironment(projectDir) : {},
      ...await functionEnvironment(
        gateway.url,
        cluster.urlFor("postgres"),
        signing.name,
      ),
      ...functionEnv,
    },
    logFile: `${stateDir}/functions.log`,
    limits: options.functionLimits,
    verifyJwt: { functions: new Set(guarded), secret: signing.innerSecret },
  });
}

/** Paths in config.toml are below `supabase/`. */
function declaredFunctions({ functions }: ProjectConfig, projectDir: string): FunctionHostOptions["declared"] {
  const absolute = (path: string | undefined) => path && resolve(projectDir, "supabase", path);
  return Object.fromEntries(
    Object.entries(functions).map(([name, { entrypoint, import_map }]) => [
      name,
      { entrypoint: absolute(entrypoint), importMap: absolute(import_map) },
    ]),
  );
}

/** What `supabase functions serve` gives a project's functions. */
async function readProjectEnvironment(projectDir: string): Promise<Record<string, string>> {
  try {
    return parseEnv(await Deno.readTextFile(`${projectDir}/supabase/functions/.env`)) as Record<string, string>;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

function watch(
  cluster: Cluster,
  isStopping: () => boolean,
  stateDir: string,
  onFailure: ((error: ErrorWithRemedy) => void) | undefined,
): void {
  cluster.exited.then(async () => {
    await new Promise((resolve) => setTimeout(resolve, EXIT_GRACE_MS));
    if (isStopping()) return;
    onFailure?.(
      new ErrorWithRemedy(
        "Postgres ended unexpectedly.",
        `Its log is ${stateDir}/postgres.log. Start the stack again; the data is kept.`,
      ),
    );
  });
}
