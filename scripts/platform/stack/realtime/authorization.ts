import postgres from "postgres";
import type { Claims } from "./tokens.ts";

/** What policies on `realtime.messages` see of a channel's user. */
export interface Identity {
  /** The channel's topic, without `realtime:`. */
  topic: string;
  claims: Claims;
  /** Of the request that opened the connection: those that begin with `x-`. */
  headers: Record<string, string>;
}

/** Row-level security failed instead of deciding. */
export class PolicyFailed extends Error {}

/** No partition holds messages of today. */
export class MissingPartition extends Error {
  constructor(options?: ErrorOptions) {
    super("Realtime was unable to find the expected messages partition", options);
  }
}

/** Undone by throwing, whatever came of it: nothing of a question stays, and nothing of it is broadcast. */
class Undone extends Error {}

const INSUFFICIENT_PRIVILEGE = "42501";
const CHECK_VIOLATION = "23514";

/** Asks the policies of `realtime.messages`, each time in a transaction as that user which is then rolled back. */
export interface Authorization {
  /** Whether the user may read a broadcast on the topic. */
  mayRead(identity: Identity): Promise<boolean>;
  /** Whether the user may send one. */
  mayWrite(identity: Identity): Promise<boolean>;
}

export function createAuthorization(sql: postgres.Sql): Authorization {
  async function ask(question: (tx: postgres.TransactionSql) => Promise<boolean>): Promise<boolean> {
    let answer = false;
    try {
      await sql.begin(async (tx) => {
        answer = await question(tx);
        throw new Undone();
      });
    } catch (error) {
      if (error instanceof Undone) return answer;
      if (error instanceof postgres.PostgresError) {
        if (error.code === INSUFFICIENT_PRIVILEGE) return false;
        if (error.code === CHECK_VIOLATION && error.table_name === "messages") {
          throw new MissingPartition({ cause: error });
        }
        throw new PolicyFailed(error.message, { cause: error });
      }
      throw error;
    }
    return answer;
  }

  return {
    mayRead: (identity) =>
      ask(async (tx) => {
        const [{ id }] = await tx`
          insert into realtime.messages (topic, extension) values (${identity.topic}, 'broadcast') returning id`;
        await become(tx, identity);
        return (await tx`select 1 from realtime.messages where id = ${id}`).length === 1;
      }),

    mayWrite: (identity) =>
      ask(async (tx) => {
        await become(tx, identity);
        await tx`insert into realtime.messages (topic, extension) values (${identity.topic}, 'broadcast')`;
        return true;
      }),
  };
}

async function become(tx: postgres.TransactionSql, { topic, claims, headers }: Identity): Promise<void> {
  await tx`
    select
      set_config('role', ${claims.role}, true),
      set_config('realtime.topic', ${topic}, true),
      set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
      set_config('request.jwt.claim.sub', ${claims.sub ?? ""}, true),
      set_config('request.jwt.claim.role', ${claims.role}, true),
      set_config('request.headers', ${JSON.stringify(headers)}, true)`;
}
