import postgres from "postgres";
import { pushMigrations } from "../deploy/deployment.ts";
import { isOlder } from "../doctor/database.ts";
import { prepareRelease } from "../project/release.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import type { RehearsalPlatform } from "./platform.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** The content of an earlier release's database. */
export interface ReleaseData {
  version: string;
  /** The file name of its last migration; undefined for the next release, which has all of them. */
  lastMigration?: string;
  sql: string;
}

/** The releases with kept data, oldest first. */
export async function readReleaseData(source: string): Promise<ReleaseData[]> {
  const folder = `${source}/supabase/tests/upgrades`;
  const found: ReleaseData[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const sql = await Deno.readTextFile(`${folder}/${name}`);
    const level = /^-- migrations up to (\S+\.sql|the last)$/m.exec(sql)?.[1];
    if (!level) {
      throw new Error(`${name} does not name its last migration`);
    }
    found.push({
      version: name.replace(/\.sql$/, ""),
      lastMigration: level === "the last" ? undefined : level,
      sql,
    });
  }
  return found.sort((a, b) => a.version.localeCompare(b.version, "en", { numeric: true }));
}

/** The newest release before the source's version; undefined if that is the first. */
export async function previousRelease(
  source: string,
): Promise<ReleaseData | undefined> {
  const { version } = JSON.parse(
    await Deno.readTextFile(`${source}/package.json`),
  );
  return (await readReleaseData(source))
    .findLast((release) => isOlder(release.version, version));
}

/**
 * Brings a new project to an earlier release's state: its migrations, and data of every kind.
 * @throws {ErrorWithRemedy} if its last migration is missing
 */
export async function becomeRelease(
  platform: RehearsalPlatform,
  source: string,
  { version, lastMigration, sql: data }: ReleaseData,
): Promise<void> {
  await using release = await prepareRelease(source, platform.environment);
  const names = release.migrations.map(({ name }) => name);
  if (lastMigration && !names.includes(lastMigration)) {
    throw new ErrorWithRemedy(
      `Release ${version} ended with ${lastMigration}, which supabase/migrations lacks.`,
      "A released migration must not change.",
    );
  }
  for (const name of names) {
    if (lastMigration && name > lastMigration) {
      await Deno.remove(`${release.directory}/supabase/migrations/${name}`);
    }
  }
  const { databaseUrl } = platform.stack;
  await pushMigrations({
    cli: new SupabaseCli({ ...platform.cli, directory: release.directory }),
    databaseUrl,
  });
  await withConnection(databaseUrl, (sql) => sql.unsafe(data).simple());
}

/** Every row of the pipeline that an upgrade must keep, by table, as a JSON object. */
export type Rows = Record<string, Record<string, unknown>[]>;

/** Users' rows and operators' policy, without the engine's internal rows. */
const KEPT = [
  "upload_pipeline.documents",
  "upload_pipeline.upload_jobs",
  "upload_pipeline.document_chunks",
  "upload_pipeline.events",
  "pipeline_internal.limits",
  "pipeline_internal.stages",
];

export function readRows(databaseUrl: string): Promise<Rows> {
  return withConnection(databaseUrl, async (sql) =>
    Object.fromEntries(
      await Promise.all(KEPT.map(async (table) => {
        const rows = await sql.unsafe(
          `select to_jsonb(t) as row from ${table} t`,
        );
        return [table, rows.map(({ row }) => row)];
      })),
    ));
}

/** The rows of `before` that `after` lacks or that differ; added columns are ignored. */
export function lostRows(before: Rows, after: Rows): string[] {
  return Object.entries(before).flatMap(([table, rows]) =>
    rows.filter((row) => !after[table].some((each) => holds(each, row)))
      .map((row) => `${table}: ${JSON.stringify(row)}`)
  );
}

function holds(row: Record<string, unknown>, earlier: Record<string, unknown>) {
  return Object.entries(earlier).every(([column, value]) => JSON.stringify(row[column]) === JSON.stringify(value));
}

/** Jobs with missing messages, which would be stuck. */
export function strandedJobs(databaseUrl: string): Promise<string[]> {
  return withConnection(databaseUrl, async (sql) => {
    const [{ stages }] = await sql`
      select array_agg(stage) as stages from pipeline_internal.stages`;
    const stranded: string[] = [];
    for (const stage of stages) {
      const rows = await sql`
        select j.job_id from upload_pipeline.upload_jobs j
        left join pgmq.${sql(`q_${stage}`)} q on q.msg_id = j.message_id
        where j.stage = ${stage} and q.msg_id is null`;
      stranded.push(...rows.map(({ job_id }) => job_id));
    }
    return stranded;
  });
}

async function withConnection<T>(
  databaseUrl: string,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
