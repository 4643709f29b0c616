import { join } from "node:path";
import postgres from "postgres";
import { makeReachableTempDir } from "../account.ts";
import { type Cluster, startCluster } from "../cluster.ts";
import { installPostgres } from "../install.ts";
import type { LoginRole } from "../roles.ts";

/** A database of its own for one test file. */
export interface TestCluster {
  cluster: Cluster;
  /** A new pool of connections; closed with the cluster. */
  connect(role?: LoginRole): postgres.Sql;
  close(): Promise<void>;
}

/** Starts a throw-away cluster with the given extensions, created by postgres as migrations would. */
export async function startTestCluster(
  extensions: string[] = [],
): Promise<TestCluster> {
  const homeDir = await installPostgres();
  const dir = await makeReachableTempDir("cluster-");
  const cluster = await startCluster({
    homeDir,
    dataDir: join(dir, "data"),
    logFile: join(dir, "postgres.log"),
    port: 0,
    durable: false,
  });
  const pools: postgres.Sql[] = [];
  const connect = (role: LoginRole = "postgres") => {
    const sql = postgres(cluster.urlFor(role), { onnotice: () => {} });
    pools.push(sql);
    return sql;
  };
  for (const extension of extensions) {
    await connect().unsafe(`create extension ${extension}`);
  }
  return {
    cluster,
    connect,
    async close() {
      await Promise.all(pools.map((sql) => sql.end({ timeout: 1 })));
      await cluster.stop();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
