import { z } from "zod";
import type { Environment } from "./environments.ts";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** The rules for connections to Postgres and its pooler. */
export interface DatabaseAccess {
  sslEnforced: boolean;
  /** Ranges of addresses; undefined without a rule, which allows all. */
  networks?: string[];
}

/** Both are experimental in the CLI. */
const NETWORKS = ["network-restrictions", "--experimental"];
const SSL = ["ssl-enforcement", "--experimental"];
const EVERY_NETWORK = ["0.0.0.0/0", "::/0"];

const networksAnswer = z.object({
  config: z.object({
    dbAllowedCidrs: z.array(z.string()).nullish(),
    dbAllowedCidrsV6: z.array(z.string()).nullish(),
  }),
  status: z.string(),
});
const sslAnswer = z.object({
  currentConfig: z.object({ database: z.boolean() }),
});

/** @throws {CliError} if the CLI's login may not see them */
export async function readDatabaseAccess(
  cli: SupabaseCli,
  { projectRef }: Pick<Environment, "projectRef">,
): Promise<DatabaseAccess> {
  const on = ["--project-ref", projectRef];
  const [networks, ssl] = await Promise.all([
    cli.json(NETWORKS[0], "get", NETWORKS[1], ...on),
    cli.json(SSL[0], "get", SSL[1], ...on),
  ]);
  const { config, status } = networksAnswer.parse(networks);
  const allowed = [
    ...config.dbAllowedCidrs ?? [],
    ...config.dbAllowedCidrsV6 ?? [],
  ];
  return {
    sslEnforced: sslAnswer.parse(ssl).currentConfig.database,
    // Before restrictions are applied for the first time the list is empty, and every address may connect.
    networks: status === "applied" ? allowed : undefined,
  };
}

export function isOpen(networks: string[] | undefined): boolean {
  return !networks || EVERY_NETWORK.some((every) => networks.includes(every));
}

/** The environment's rules that differ on the project. */
export function accessChanges(
  { enforceSsl, databaseNetworks }: Environment,
  found: DatabaseAccess,
): Partial<DatabaseAccess> {
  return {
    ...(enforceSsl !== found.sslEnforced && { sslEnforced: enforceSsl }),
    ...(databaseNetworks && !isSame(databaseNetworks, found.networks) &&
      { networks: databaseNetworks }),
  };
}

function isSame(wanted: string[], found: string[] | undefined): boolean {
  const listed = (networks: string[]) => [...networks].sort().join();
  return found !== undefined && listed(wanted) === listed(found);
}

export function describeAccess(access: Partial<DatabaseAccess>): string[] {
  return [
    ..."sslEnforced" in access
      ? [
        access.sslEnforced
          ? "refuse connections without TLS (Postgres restarts)"
          : "accept connections without TLS (Postgres restarts)",
      ]
      : [],
    ...access.networks ? [`allow only ${access.networks.join(", ") || "no network"}`] : [],
  ];
}

/**
 * Applies the rules and tests them; restores the former ones if the pipeline no longer reaches its database.
 * @param isReached whether all clients reach the database with new connections
 * @throws {ErrorWithRemedy} if the rules were taken back
 */
export async function changeDatabaseAccess(
  cli: SupabaseCli,
  { projectRef }: Pick<Environment, "projectRef">,
  before: DatabaseAccess,
  changes: Partial<DatabaseAccess>,
  isReached: () => Promise<{ ok: boolean; why: string }>,
): Promise<void> {
  await setAccess(cli, projectRef, changes);
  const { ok, why } = await isReached();
  if (ok) return;
  await setAccess(cli, projectRef, {
    ..."sslEnforced" in changes && { sslEnforced: before.sslEnforced },
    ...changes.networks && { networks: before.networks ?? EVERY_NETWORK },
  });
  throw new ErrorWithRemedy(
    `The database was unreachable under these rules, so they were taken back: ${why}`,
    "database_networks in supabase/environments.toml must have the addresses of this machine and of the functions (docs/deploying/database-access.md).",
  );
}

async function setAccess(
  cli: SupabaseCli,
  projectRef: string,
  { sslEnforced, networks }: Partial<DatabaseAccess>,
): Promise<void> {
  const on = ["--project-ref", projectRef];
  if (networks) {
    const allowed = networks.flatMap((each) => ["--db-allow-cidr", each]);
    await cli.run(NETWORKS[0], "update", NETWORKS[1], ...on, ...allowed);
  }
  if (sslEnforced !== undefined) {
    const flag = `--${sslEnforced ? "enable" : "disable"}-db-ssl-enforcement`;
    await cli.run(SSL[0], "update", SSL[1], ...on, flag);
  }
}
