import type postgres from "postgres";
import { Asker, type Mode, MODES } from "./asking.ts";
import type { Tenant } from "./corpus.ts";
import { userId } from "./ids.ts";
import { makeQuestions } from "./questions.ts";
import type { Pools } from "./vectors.ts";

/** Where a search's time goes, by the server's statistics. */
export interface Profile {
  mode: Mode;
  tenantChunks: number;
  questions: number;
  /** The whole statement; milliseconds per question. */
  ms: number;
  /** The longest statements inside it. A statement's time includes the statements inside it. */
  inside: { statement: string; calls: number; ms: number }[];
}

const SHOWN = 9;

/** Searches once more with statistics of every statement, including those inside functions. Not part of the timed searches. */
export async function profileAnswers(
  databaseUrl: string,
  admin: postgres.Sql,
  pools: Pools,
  tenant: Tenant,
  count: number,
): Promise<Profile[]> {
  const asker = new Asker(databaseUrl);
  await track(admin, "all");
  try {
    const questions = makeQuestions(pools, tenant, count, 3);
    const profiles: Profile[] = [];
    for (const mode of MODES) {
      await asker.ask(userId(tenant.no), questions[0], mode, false);
      await admin`select extensions.pg_stat_statements_reset()`;
      for (const question of questions) {
        await asker.ask(userId(tenant.no), question, mode, false);
      }
      const rows = await admin<
        { statement: string; toplevel: boolean; calls: number; ms: number }[]
      >`
        select left(regexp_replace(btrim(query), '\\s+', ' ', 'g'), 110) as statement, toplevel, sum(calls)::float8 as calls,
               sum(total_exec_time + total_plan_time)::float8 as ms
        from extensions.pg_stat_statements
        where query not like '%pg_stat_statements%' and (not toplevel or query like '%pipeline_search.search%')
          and query !~ '^(update|insert|delete)'
        group by 1, 2 order by ms desc`;
      profiles.push({
        mode,
        tenantChunks: tenant.chunks,
        questions: count,
        ms: sum(rows.filter(({ toplevel }) => toplevel)) / count,
        inside: rows.filter(({ toplevel }) => !toplevel).slice(0, SHOWN)
          .map(({ statement, calls, ms }) => ({
            statement,
            calls: calls / count,
            ms: ms / count,
          })),
      });
    }
    return profiles;
  } finally {
    await track(admin, "top");
    await asker.end();
  }
}

function sum(rows: { ms: number }[]): number {
  return rows.reduce((total, { ms }) => total + ms, 0);
}

async function track(
  admin: postgres.Sql,
  which: "all" | "top",
): Promise<void> {
  await admin.unsafe(
    `alter system set pg_stat_statements.track = '${which}'`,
  );
  await admin`select pg_reload_conf()`;
}
