import { z } from "zod";
import { REPOSITORY } from "../../dev/repository.ts";
import { SupabaseCli } from "./supabase_cli.ts";
import { isThere } from "../../dev/files.ts";

/** The name by which a container knows the machine that it runs on. */
export const DOCKER_HOST_NAME = "host.docker.internal";

/** Where `npm run start:docker` writes the settings of the functions; the CLI reads them when it starts these. */
export const DOCKER_SETTINGS = `${REPOSITORY}/supabase/functions/.env`;

const status = z.object({
  API_URL: z.url(),
  DB_URL: z.url(),
  PUBLISHABLE_KEY: z.string().optional(),
  ANON_KEY: z.string(),
  SECRET_KEY: z.string().optional(),
  SERVICE_ROLE_KEY: z.string(),
});

/** The CLI's own local stack, from its own status. */
export interface DockerStack {
  url: string;
  databaseUrl: string;
  publishableKey: string;
  secretKey: string;
  /** Where the database reaches the functions. */
  functionsUrl: string;
}

/** @throws {CliError} if it does not run */
export async function readDockerStack(
  cli: Pick<SupabaseCli, "json">,
  hostName = DOCKER_HOST_NAME,
): Promise<DockerStack> {
  const { API_URL, DB_URL, PUBLISHABLE_KEY, ANON_KEY, SECRET_KEY, SERVICE_ROLE_KEY } = status.parse(
    await cli.json("status"),
  );
  const gateway = new URL(API_URL);
  gateway.hostname = hostName;
  return {
    url: API_URL.replace(/\/$/, ""),
    databaseUrl: DB_URL,
    publishableKey: PUBLISHABLE_KEY ?? ANON_KEY,
    secretKey: SECRET_KEY ?? SERVICE_ROLE_KEY,
    functionsUrl: `${gateway.origin}/functions/v1`,
  };
}

/**
 * The stack that `npm run start:docker` left running, without a process of this project.
 * @returns undefined if that command was never used here, or the stack is down
 */
export async function findDockerStack(
  { cli = new SupabaseCli({ directory: REPOSITORY }), settingsPath = DOCKER_SETTINGS }: {
    cli?: Pick<SupabaseCli, "json" | "attempt">;
    settingsPath?: string;
  } = {},
): Promise<DockerStack & { inDocker: true } | undefined> {
  // Asking the CLI takes seconds.
  if (!await isThere(settingsPath) || !(await cli.attempt("status")).ok) return undefined;
  return { ...await readDockerStack(cli), inDocker: true };
}
