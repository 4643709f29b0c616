import { toVectorLiteral } from "../../../../supabase/functions/_providers/openai.ts";
import { asUser, connect, type Sql } from "../../../../supabase/functions/_shared/database.ts";
import { now } from "../clock.ts";
import { documentId } from "./ids.ts";
import type { Question } from "./questions.ts";

export const MODES = ["text", "vector", "hybrid"] as const;
export type Mode = typeof MODES[number];

/** Results of each question. */
export const ANSWERS = 10;

export interface Asked {
  /** From sending the statement until its result has arrived. */
  ms: number;
  chunkIds: string[];
}

/** A connection that searches as the API does, for a signed-in user, in a transaction of its own. */
export class Asker {
  private readonly sql: Sql;
  private pid = 0;

  constructor(databaseUrl: string) {
    this.sql = connect(databaseUrl, { max: 1, statementSeconds: null });
  }

  async ask(
    userId: string,
    { text, vector, documents }: Question,
    mode: Mode,
    narrowed: boolean,
  ): Promise<Asked> {
    const embedding = mode === "text" ? null : toVectorLiteral(vector);
    const ids = narrowed ? documents.map(({ no }) => documentId(no)) : null;
    const claims = { sub: userId, role: "authenticated" };
    return await asUser(this.sql, claims, async (tx) => {
      const begunAt = now();
      const [{ answer }] = await tx<
        { answer: { results: { chunk_id: string }[] } }[]
      >`
        select pipeline_search.search(
          query_embedding => ${embedding}::extensions.vector(1536), query_text => ${text}::text,
          match_count => ${ANSWERS}::int, document_ids => ${ids}::uuid[], mode => ${mode}::text) as answer`;
      const ms = now() - begunAt;
      return { ms, chunkIds: answer.results.map((hit) => hit.chunk_id) };
    });
  }

  /** CPU time of the connection's server process, in milliseconds; undefined where /proc lacks it. */
  async cpuMs(): Promise<number | undefined> {
    if (this.pid === 0) {
      const [{ pid }] = await this.sql<{ pid: number }[]>`
        select pg_backend_pid() as pid`;
      this.pid = pid;
    }
    try {
      const text = await Deno.readTextFile(`/proc/${this.pid}/schedstat`);
      return Number(text.split(" ")[0]) / 1e6;
    } catch {
      return undefined;
    }
  }

  async end(): Promise<void> {
    await this.sql.end({ timeout: 1 });
  }
}
