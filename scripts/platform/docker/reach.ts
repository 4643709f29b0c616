import type postgres from "postgres";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** Milliseconds that a container may take to reach this machine. */
const WITHIN_MS = 10_000;

/**
 * Has the database, which is in a container too, call an address on this machine.
 * @throws {ErrorWithRemedy} if there is no answer
 */
export async function checkReachable(sql: postgres.Sql, url: string, withinMs = WITHIN_MS): Promise<void> {
  const [{ id }] = await sql`select net.http_get(${url}, timeout_milliseconds => ${withinMs}) as id`;
  const deadline = performance.now() + withinMs + 2_000;
  let failure = "no answer";
  while (performance.now() < deadline) {
    const [answer] = await sql`select status_code, error_msg from net._http_response where id = ${id}`;
    if (answer?.status_code) return;
    if (answer) {
      failure = answer.error_msg ?? failure;
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new ErrorWithRemedy(
    `The containers do not reach the simulators on this machine, at ${url}: ${failure}.`,
    "A firewall may drop what comes from Docker's network (on Ubuntu: sudo ufw allow in on docker0). Or set " +
      "LLAMAPARSE_API_KEY and OPENAI_API_KEY, and run the command again: then no simulator is needed.",
  );
}
