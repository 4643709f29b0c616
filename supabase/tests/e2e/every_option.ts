import { afterAll, beforeAll } from "vitest";
import { startClamd } from "../../functions/_providers/testing/fake_clamd.ts";
import { connect, setFunctionEnv } from "./harness.ts";
import { startReceiver } from "./webhook_receiver.ts";

const NAME = "every_option";

/**
 * Enables, for one test file, the options that a project has off by default: a virus scanner for every upload, and a
 * receiver for every notification. Budgets, the Data API and a second process of a busy function are on by default.
 */
export function withEveryOption(): void {
  let clamd: ReturnType<typeof startClamd>;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  beforeAll(async () => {
    clamd = startClamd();
    receiver = await startReceiver();
    await setFunctionEnv("CLAMD_URL", `tcp://127.0.0.1:${clamd.port}`);
    const sql = connect();
    const [{ secret }] = await sql`
      select pipeline_internal.add_endpoint(${NAME}, ${receiver.url}, array[
        'document.completed', 'document.failed', 'document.deleted', 'account.deleted', 'alert.opened', 'alert.closed',
        'audit.recorded']) as secret`;
    receiver.state.secret = secret;
    await sql.end();
  });

  afterAll(async () => {
    const sql = connect();
    await sql`select pipeline_internal.remove_endpoint(${NAME})`;
    await sql.end();
    await setFunctionEnv("CLAMD_URL", "");
    await clamd.stop();
    await receiver.stop();
  });
}
