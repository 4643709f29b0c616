import type postgres from "postgres";
import type { Caller } from "./caller.ts";
import { faultFromDatabase } from "./faults.ts";

/** One transaction as the caller: row-level security decides, and policies and triggers see the caller's claims. */
export async function asCaller<T>(
  sql: postgres.Sql,
  caller: Caller,
  work: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  try {
    return await sql.begin(async (tx) => {
      // What follows is sent behind it, without waiting for the answer to this.
      const asThem = tx`
        select
          set_config('role', ${caller.role}, true),
          set_config('request.jwt.claims', ${JSON.stringify(caller.claims)}, true),
          set_config('request.jwt.claim.role', ${caller.role}, true),
          set_config('request.jwt.claim.sub', ${caller.userId ?? ""}, true)`
        .execute();
      const [result] = await Promise.all([work(tx), asThem]);
      return result;
    }) as T;
  } catch (error) {
    throw faultFromDatabase(error);
  }
}
