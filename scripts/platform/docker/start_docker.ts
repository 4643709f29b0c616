import { parseEnv } from "node:util";
import postgres from "postgres";
import { SIMULATOR_PORTS } from "./published_simulators.ts";
import { DOCKER_HOST_NAME, type DockerStack, readDockerStack } from "../cli/docker_stack.ts";
import type { SupabaseCli } from "../cli/supabase_cli.ts";
import { type Providers, startProviders } from "../stack/providers.ts";
import { storeSecrets } from "../stack/vault.ts";
import { addressForContainers, checkDocker } from "./docker.ts";
import { publishSimulator } from "./published_simulators.ts";
import { checkReachable } from "./reach.ts";
import { dockerSettings, providerEnvironment, settingsFile } from "./settings.ts";

export interface DockerOptions {
  /** The CLI on the folder of `supabase/`. */
  cli: Pick<SupabaseCli, "run" | "json" | "attempt">;
  /** The CLI reads it when it starts the functions. */
  settingsPath: string;
  env: Record<string, string>;
  onProgress(step: string): void;
  /** Stops what this process runs: the simulators. */
  parts: AsyncDisposableStack;
  /** By which containers know this machine. */
  hostName?: string;
  ports?: typeof SIMULATOR_PORTS;
}

/**
 * Starts Supabase's own local stack in Docker, with this project's migrations and functions and the settings that connect
 * them. A provider without a key is replaced by its simulator, which runs in this process.
 * @throws {ErrorWithRemedy} naming what is missing
 */
export async function startDocker(
  { cli, settingsPath, env, onProgress, parts, hostName = DOCKER_HOST_NAME, ports = SIMULATOR_PORTS }: DockerOptions,
): Promise<{ stack: DockerStack; providers: Providers }> {
  await checkDocker();
  const before = await readSettings(settingsPath);
  const address = await addressForContainers();
  const providers = await startProviders(
    providerEnvironment(env, before),
    (name, simulator) => publishSimulator(name, simulator, { address, hostName, ports }),
  );
  parts.defer(() => providers.stop());

  const settings = dockerSettings(providers.functionEnv, before);
  const isNew = settingsFile(settings) !== settingsFile(before);
  await writeSettings(settingsPath, settingsFile(settings));
  const { ok: isUp } = await cli.attempt("status");
  if (isUp && isNew) {
    onProgress("Stopping Supabase in Docker, whose functions have other settings; its data is kept");
    await cli.run("stop");
  }
  onProgress("Starting Supabase in Docker; the first start fetches its images");
  if (!isUp || isNew) await cli.run("start");
  onProgress("Applying migrations");
  await cli.run("migration", "up", "--local");
  const stack = await readDockerStack(cli, hostName);
  await storeSecrets(stack.databaseUrl, {
    pipeline_functions_url: stack.functionsUrl,
    pipeline_worker_secret: settings.WORKER_SECRET,
  });
  if (providers.simulated.length > 0) {
    onProgress("Checking that the containers reach the simulators");
    await checkSimulators(stack.databaseUrl, providers, ports, hostName);
  }
  return { stack, providers };
}

async function checkSimulators(
  databaseUrl: string,
  { simulated }: Providers,
  ports: typeof SIMULATOR_PORTS,
  hostName: string,
): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  try {
    for (const name of simulated) await checkReachable(sql, `http://${hostName}:${ports[name]}/`);
  } finally {
    await sql.end();
  }
}

async function writeSettings(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  // Writing keeps the mode of an existing file.
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
}

async function readSettings(path: string): Promise<Record<string, string>> {
  try {
    return parseEnv(await Deno.readTextFile(path)) as Record<string, string>;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
