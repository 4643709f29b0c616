import postgres from "postgres";
import { withBenchStack } from "../bench_stack.ts";
import { now } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { Asker } from "./asking.ts";
import { makeTenants, type Tenant, tenantSizes } from "./corpus.ts";
import { fillChunks, fillDocuments } from "./fill.ts";
import { type Cell, type Concurrency, measureConcurrency, measureFirst, measureTenant } from "./latency.ts";
import { type Profile, profileAnswers } from "./profile.ts";
import {
  bytesOf,
  compareLayouts,
  createIndexes,
  dropIndexes,
  type IndexBuild,
  type LayoutComparison,
  type Part,
  rebuildIndexes,
} from "./storage.ts";
import { makePools, Pools } from "./vectors.ts";
import { measureWrites, type WriteRates } from "./writing.ts";

/** Settings of an instance with 4 GB of memory; the stack's own is Postgres' default of 128 MB. */
export const SETTINGS = {
  shared_buffers: "1GB",
  // Automatic maintenance runs between the measurements instead.
  autovacuum: "off",
};

/** From this number of chunks on, the indexes are built after the fill. */
export const BUILT_AFTERWARDS_FROM = 500_000;

/** The number of rows for comparing the layouts. */
const COMPARED_CHUNKS = 10_000;
const WRITERS = 2;
const CLIENTS = 8;

export interface SizeResult {
  chunks: number;
  date: string;
  loadBefore: number;
  /** The number of tenants of each size, and of their documents. */
  tenants: { chunks: number; count: number; documents: number }[];
  fillMs: number;
  cells: Cell[];
  /** The first search of a new connection by the largest tenant; milliseconds. */
  firstMs: number;
  concurrency: Concurrency;
  profiles: Profile[];
  bytes: Part[];
  builds: IndexBuild[];
  layouts: LayoutComparison;
  writes: WriteRates;
}

export interface SearchResult {
  environment: Environment;
  questions: number;
  sizes: SizeResult[];
}

export interface SearchBench {
  chunks: number[];
  /** Questions of each tenant in each mode. */
  questions: number;
  /** Rounds of writes. */
  rounds: number;
  concurrentMs: number;
  onProgress(step: string): void;
  /** Called with the result of each size, because a size takes long. */
  onSize?(result: SearchResult): Promise<void>;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

/** Fills a database for each number of chunks, and searches, writes and deletes in it. */
export async function measureSearch(
  bench: SearchBench,
): Promise<SearchResult> {
  const { onProgress, signal } = bench;
  const { questions } = bench;
  let environment: Environment | undefined;
  const sizes: SizeResult[] = [];
  for (const chunks of bench.chunks) {
    const options = { onProgress, signal, settings: SETTINGS };
    const size = await withBenchStack(options, async (stack) => {
      const session = await Session.open(stack);
      try {
        environment ??= await describeEnvironment(session.sql);
        return await measureSize(stack, session, chunks, bench);
      } finally {
        await session.end();
      }
    });
    sizes.push(size);
    await bench.onSize?.({
      environment: environment!,
      questions,
      sizes: [size],
    });
  }
  return { environment: environment!, questions, sizes };
}

class Session {
  constructor(
    readonly sql: postgres.Sql,
    readonly admin: postgres.Sql,
    readonly writers: postgres.Sql[],
  ) {}

  static async open(stack: Stack): Promise<Session> {
    const options = { max: 1, onnotice: () => {} };
    const admin = postgres(stack.adminDatabaseUrl, options);
    // Nothing else may run: neither the schedules nor the workers that written documents would wake.
    await admin`select cron.alter_job(jobid, active => false) from cron.job`;
    await admin`delete from vault.secrets where name = 'pipeline_functions_url'`;
    return new Session(
      postgres(stack.databaseUrl, options),
      admin,
      Array.from(
        { length: WRITERS },
        () => postgres(stack.adminDatabaseUrl, options),
      ),
    );
  }

  async end(): Promise<void> {
    for (const sql of [this.sql, this.admin, ...this.writers]) {
      await sql.end({ timeout: 1 });
    }
  }
}

async function measureSize(
  stack: Stack,
  { sql, admin, writers }: Session,
  chunks: number,
  { questions, rounds, concurrentMs, onProgress }: SearchBench,
): Promise<SizeResult> {
  const loadBefore = Deno.loadavg()[0];
  const shown = chunks.toLocaleString("en-US");
  const progress = (step: string) => onProgress(`${shown} chunks: ${step}`);
  const tenants = makeTenants(chunks);

  progress("filling");
  await admin.begin((tx) => makePools(tx));
  await admin.begin((tx) => fillDocuments(tx, tenants));
  const dropped = chunks >= BUILT_AFTERWARDS_FROM ? await dropIndexes(admin) : undefined;
  const begunAt = now();
  let reported = 0;
  await fillChunks(writers, tenants, (count) => {
    if (count < chunks && count - reported < 50_000) return;
    reported = count;
    progress(`${count.toLocaleString("en-US")} written`);
  });
  const fillMs = now() - begunAt;
  if (dropped) progress("building the indexes");
  const built = dropped && await createIndexes(admin, dropped);
  await admin`vacuum analyze`;
  await admin`checkpoint`;

  const pools = await Pools.read(admin);
  const measured = oneOfEachSize(tenants);
  const cells: Cell[] = [];
  const asker = new Asker(stack.databaseUrl);
  try {
    for (const tenant of measured) {
      progress(
        `searching as a tenant of ${tenant.chunks.toLocaleString("en-US")}`,
      );
      cells.push(
        ...await measureTenant(asker, admin, pools, tenant, questions),
      );
    }
  } finally {
    await asker.end();
  }
  const firstMs = await measureFirst(stack.databaseUrl, pools, measured[0]);
  progress(`${CLIENTS} tenants search at once`);
  const concurrency = await measureConcurrency(
    stack.databaseUrl,
    pools,
    spreadOver(tenants, CLIENTS),
    concurrentMs,
  );
  progress("where the time goes");
  const profiles = await profileAnswers(
    stack.databaseUrl,
    admin,
    pools,
    measured[0],
    Math.min(questions, 20),
  );

  progress("bytes, compared with the former layout");
  const bytes = await bytesOf(admin, "upload_pipeline.document_chunks");
  const layouts = await compareLayouts(
    admin,
    sample(tenants, Math.min(chunks, COMPARED_CHUNKS)),
  );
  progress("writing and deleting");
  const writes = await measureWrites(sql, admin, pools, tenants[0], rounds);
  if (!built) progress("rebuilding the indexes");
  const builds = built ?? await rebuildIndexes(admin);
  return {
    chunks,
    date: new Date().toISOString().slice(0, 10),
    loadBefore,
    tenants: tenantCounts(tenants),
    fillMs,
    cells,
    firstMs,
    concurrency,
    profiles,
    bytes,
    builds,
    layouts,
    writes,
  };
}

/** The first tenant of each size, largest first. */
export function oneOfEachSize(tenants: Tenant[]): Tenant[] {
  const sizes = [...new Set(tenants.map(({ chunks }) => chunks))];
  return sizes.map((size) => tenants.find(({ chunks }) => chunks === size)!);
}

/** Tenants evenly spread from the largest to the smallest. */
export function spreadOver(tenants: Tenant[], count: number): Tenant[] {
  const ordered = oneOfEachSize(tenants);
  const others = tenants.filter((tenant) => !ordered.includes(tenant));
  return [...ordered, ...others].slice(0, count);
}

/** Tenants with this many chunks in total, of the sizes that they would have alone. */
export function sample(tenants: Tenant[], chunks: number): Tenant[] {
  const left = [...tenants];
  return tenantSizes(chunks).map((size) => {
    const at = left.findIndex((tenant) => tenant.chunks === size);
    return left.splice(at, 1)[0];
  });
}

function tenantCounts(tenants: Tenant[]): SizeResult["tenants"] {
  return oneOfEachSize(tenants).map(({ chunks }) => {
    const such = tenants.filter((tenant) => tenant.chunks === chunks);
    return {
      chunks,
      count: such.length,
      documents: such.reduce((sum, { documents }) => sum + documents.length, 0),
    };
  });
}
