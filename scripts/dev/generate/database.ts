import postgres from "postgres";
import { makeReachableTempDir } from "../../platform/stack/postgres/account.ts";
import { startStack } from "../../platform/stack/stack.ts";
import { readCatalogue } from "./catalogue.ts";
import type { Sources } from "./product.ts";

/** Serves no functions: only the database is of interest. */
const noFunctions = () =>
  Promise.resolve({
    fetch: () => Promise.resolve(new Response(null, { status: 404 })),
    processes: () => [],
    setEnv: () => Promise.resolve(),
    renew: () => Promise.resolve(new Map()),
    stop: () => Promise.resolve(),
  });

/** Builds a database from the migrations, as `npm test` does, and removes it afterwards. */
export async function withMigratedDatabase<T>(
  run: (sources: Sources) => Promise<T>,
): Promise<T> {
  await using parts = new AsyncDisposableStack();
  const stateDir = await makeReachableTempDir("generate-");
  parts.defer(() => Deno.remove(stateDir, { recursive: true }));
  const stack = await startStack({
    stateDir,
    port: 0,
    databasePort: 0,
    durable: false,
    startFunctionHost: noFunctions,
  });
  parts.defer(() => stack.stop());
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  parts.defer(() => sql.end());
  return await run({
    sql,
    databaseUrl: stack.databaseUrl,
    catalogue: await readCatalogue(sql),
  });
}
