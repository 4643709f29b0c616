import type postgres from "postgres";
import { z } from "zod";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import type { Environment } from "./environments.ts";
import type { Release } from "./release.ts";

/** How many are named. */
const NAMED = 3;

const deployed = z.array(z.object({ slug: z.string() }));

/**
 * A project that holds more than the pipeline has its own wishes for Auth, the Data API, Storage and who may connect.
 * @param asked whether the operator asks for the pipeline's
 * @returns the reason for leaving them; undefined if the operator asks, or the project is the pipeline's alone
 */
export async function whyLeaveSettings(
  { environment, release, cli }: { environment: Environment; release: Release; cli: SupabaseCli },
  sql: postgres.Sql,
  asked: boolean | undefined = environment.pushSettings,
): Promise<string | undefined> {
  if (asked) return;
  if (asked === false) return "push_settings is false";
  if (release.added) return "the pipeline was added to a project of its own";
  const others = await readOtherParts(sql, cli, environment.projectRef, release);
  return others.length > 0 ? `the project also holds ${others.join(" and ")}` : undefined;
}

/**
 * What a project holds besides the pipeline: tables, views and functions, in words.
 */
async function readOtherParts(
  sql: postgres.Sql,
  cli: SupabaseCli,
  projectRef: string,
  release: Pick<Release, "functions">,
): Promise<string[]> {
  const [relations, functions] = await Promise.all([
    sql<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f')
        -- The platform's own have owners of their own.
        and c.relowner::regrole::text !~ '^(supabase_|pgbouncer)'
        and n.nspname !~ '^(pg_|_)' and n.nspname !~ '^(upload_pipeline$|pipeline_)'
        and n.nspname not in ('information_schema', 'auth', 'storage', 'vault', 'extensions', 'graphql', 'graphql_public',
          'realtime', 'supabase_migrations', 'supabase_functions', 'net', 'cron', 'pgmq', 'pgbouncer', 'tiger', 'topology')
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      order by 1`,
    cli.json("functions", "list", "--project-ref", projectRef),
  ]);
  const foreign = deployed.parse(functions).map(({ slug }) => slug).filter((slug) => !release.functions.includes(slug));
  return [
    ...describe(relations.map(({ name }) => name), "table"),
    ...describe(foreign, "function"),
  ];
}

function describe(names: string[], kind: string): string[] {
  if (names.length === 0) return [];
  const more = names.length > NAMED ? ", …" : "";
  return [`${names.length} ${kind}${names.length === 1 ? "" : "s"} (${names.slice(0, NAMED).join(", ")}${more})`];
}
