import postgres from "postgres";
import { withBenchStack } from "../bench_stack.ts";
import { now } from "../clock.ts";
import { describeEnvironment, type Surroundings } from "../machine.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { Asker } from "./asking.ts";
import { makeTenants, type Tenant, tenantSizes } from "./corpus.ts";
import { fillChunks, fillDocuments } from "./fill.ts";
import {
  type Cell,
  type Concurrency,
  measureConcurrency,
  measureFirst,
  measureTenant,
} from "./latency.ts";
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

/** As an instance with 4 GB of memory has it; the stack's own is Postgres' default of 128 MB. */
export const SETTINGS = {
  shared_buffers: "1GB",
  // What runs by itself runs between the measurements instead.
  autovacuum: "off",
};

/** From so many chunks on, the indexes are built over rows that are there. */
export const BUILT_AFTERWARDS_FROM = 500_000;

/** The layouts are compared over as many rows. */
const COMPARED_CHUNKS = 10_000;
const WRITERS = 2;
const CLIENTS = 8;

export interface SizeResult {
  chunks: number;
  date: string;
  loadBefore: number;
  /** How many tenants there are of each size, and how many documents these have. */
  tenants: { chunks: number; count: number; documents: number }[];
  fillMs: number;
  cells: Cell[];
  /** The first answer of a new connection to the largest tenant; milliseconds. */
  firstMs: number;
  concurrency: Concurrency;
  profiles: Profile[];
  bytes: Part[];
  builds: IndexBuild[];
  layouts: LayoutComparison;
  writes: WriteRates;
}

export interface SearchResult {
  environment: Surroundings;
  questions: number;
  sizes: SizeResult[];
}

export interface SearchBench {
  chunks: number[];
  /** Of each tenant, in each mode. */
  questions: number;
  /** Of the writes. */
  rounds: number;
  concurrentMs: number;
  onProgress(step: string): void;
  /** Told as soon as a size has been measured, which takes long; with this size alone. */
  onSize?(result: SearchResult): Promise<void>;
  /** Breaks the measurement off. */
  signal: AbortSignal;
}

/** Fills a database of its own with each number of chunks, and asks, writes and deletes in it. */
export async function measureSearch(
  bench: SearchBench,
): Promise<SearchResult> {
  const { onProgress, signal } = bench;
  const { questions } = bench;
  let environment: Surroundings | undefined;
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
    // Nothing else is to run: neither the schedules nor the workers that writing documents would call.
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
  const dropped = chunks >= BUILT_AFTERWARDS_FROM
    ? await dropIndexes(admin)
    : undefined;
  const begunAt = now();
  let told = 0;
  await fillChunks(writers, tenants, (count) => {
    if (count < chunks && count - told < 50_000) return;
    told = count;
    progress(`${count.toLocaleString("en-US")} are there`);
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
      progress(`asking a tenant of ${tenant.chunks.toLocaleString("en-US")}`);
      cells.push(
        ...await measureTenant(asker, admin, pools, tenant, questions),
      );
    }
  } finally {
    await asker.end();
  }
  const firstMs = await measureFirst(stack.databaseUrl, pools, measured[0]);
  progress(`${CLIENTS} tenants ask at once`);
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

  progress("bytes, beside the former layout");
  const bytes = await bytesOf(admin, "upload_pipeline.document_chunks");
  const layouts = await compareLayouts(
    admin,
    sample(tenants, Math.min(chunks, COMPARED_CHUNKS)),
  );
  progress("writing and deleting");
  const writes = await measureWrites(sql, admin, pools, tenants[0], rounds);
  if (!built) progress("building the indexes anew");
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

/** The first tenant of each size, the largest first. */
export function oneOfEachSize(tenants: Tenant[]): Tenant[] {
  const sizes = [...new Set(tenants.map(({ chunks }) => chunks))];
  return sizes.map((size) => tenants.find(({ chunks }) => chunks === size)!);
}

/** So many tenants from the largest to the smallest, as evenly as their number allows. */
export function spreadOver(tenants: Tenant[], count: number): Tenant[] {
  const ordered = oneOfEachSize(tenants);
  const others = tenants.filter((tenant) => !ordered.includes(tenant));
  return [...ordered, ...others].slice(0, count);
}

/** Tenants that together have so many chunks, of the sizes that they would have if there were no more. */
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
