import type postgres from "postgres";
import { toVectorLiteral } from "../../../../supabase/functions/_providers/openai.ts";
import { now } from "../clock.ts";
import { percentile } from "../statistics.ts";
import { ANSWERS, Asker, type Mode, MODES } from "./asking.ts";
import type { Tenant } from "./corpus.ts";
import { documentId, userId } from "./ids.ts";
import { KINDS, makeQuestions, type Question, type QuestionKind } from "./questions.ts";
import type { Pools } from "./vectors.ts";

/** One tenant's questions in one mode. */
export interface Cell {
  tenantChunks: number;
  mode: Mode;
  /** Whether `document_ids` named some of the tenant's documents. */
  narrowed: boolean;
  questions: number;
  p50: number;
  p95: number;
  /** CPU milliseconds of the server process, mean and p95 over the questions; nearly independent of other load. */
  cpuMs?: number;
  cpuP95?: number;
  /** The mean number of results. */
  rows: number;
  /** By vector: the share of the ten exact nearest among the results, over all questions. By words: undefined. */
  recall?: number;
  /** Expected rows that were missing: by vector, the smaller of the requested and the existing number is expected. */
  missing: number;
  byKind: Record<
    QuestionKind,
    { p50: number; most: number; recall?: number }
  >;
}

/** Warm-up questions before the counted ones. */
const WARM_UP = 10;

export async function measureTenant(
  asker: Asker,
  admin: postgres.Sql,
  pools: Pools,
  tenant: Tenant,
  questionCount: number,
): Promise<Cell[]> {
  const owner = userId(tenant.no);
  const warmUp = makeQuestions(pools, tenant, WARM_UP, 0);
  const questions = makeQuestions(pools, tenant, questionCount, 1);
  const cells: Cell[] = [];
  for (const narrowed of [false, true]) {
    for (const mode of MODES) {
      for (const question of warmUp) {
        await asker.ask(owner, question, mode, narrowed);
      }
      const asked = [];
      const cpu: number[] = [];
      for (const question of questions) {
        const before = await asker.cpuMs();
        asked.push(await asker.ask(owner, question, mode, narrowed));
        const after = await asker.cpuMs();
        if (before !== undefined && after !== undefined) {
          cpu.push(after - before);
        }
      }
      const times = asked.map(({ ms }) => ms);

      // For each question, by vector.
      const recalls: number[] = [];
      let missing = 0;
      for (const [i, question] of questions.entries()) {
        const { chunkIds } = asked[i];
        if (mode === "vector") {
          const exact = await exactNearest(admin, owner, question, narrowed);
          const found = exact.filter((id) => chunkIds.includes(id));
          recalls.push(found.length / exact.length);
          missing += Math.max(0, exact.length - chunkIds.length);
        } else {
          const least = mode === "hybrid"
            ? Math.min(ANSWERS, chunksAsked(tenant, question, narrowed))
            : await countWorded(admin, owner, question, narrowed);
          missing += Math.max(0, least - chunkIds.length);
        }
      }
      cells.push({
        tenantChunks: tenant.chunks,
        mode,
        narrowed,
        questions: questions.length,
        p50: percentile(times, 0.5),
        p95: percentile(times, 0.95),
        ...(cpu.length > 0 && {
          cpuMs: mean(cpu),
          cpuP95: percentile(cpu, 0.95),
        }),
        rows: asked.reduce((sum, { chunkIds }) => sum + chunkIds.length, 0) /
          asked.length,
        recall: mean(recalls),
        missing,
        byKind: byKind(questions, times, recalls),
      });
    }
  }
  return cells;
}

function byKind(
  questions: Question[],
  times: number[],
  recalls: number[],
): Cell["byKind"] {
  return Object.fromEntries(KINDS.map((kind) => {
    const isOf = (_: number, i: number) => questions[i].kind === kind;
    const of = times.filter(isOf);
    return [kind, {
      p50: percentile(of, 0.5),
      most: Math.max(...of),
      recall: mean(recalls.filter(isOf)),
    }];
  })) as Cell["byKind"];
}

/** @returns undefined without values */
function mean(values: number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function chunksAsked(
  tenant: Tenant,
  { documents }: Question,
  narrowed: boolean,
): number {
  return narrowed ? documents.reduce((sum, { chunks }) => sum + chunks, 0) : tenant.chunks;
}

/** The exact result of comparing the question with all of the owner's chunks. */
async function exactNearest(
  admin: postgres.Sql,
  owner: string,
  { vector, documents }: Question,
  narrowed: boolean,
): Promise<string[]> {
  const rows = await admin<{ chunk_id: string }[]>`
    select chunk_id from upload_pipeline.document_chunks
    where user_id = ${owner}
      and (not ${narrowed} or document_id = any (${documents.map(({ no }) => documentId(no))}::uuid[]))
    order by embedding operator(extensions.<=>) ${
    toVectorLiteral(vector)
  }::extensions.vector(1536)::extensions.halfvec(1536)
    limit ${ANSWERS}`;
  return rows.map(({ chunk_id }) => chunk_id);
}

/** The number of chunks with one of the question's words, including all parts of a code, up to the requested number. */
async function countWorded(
  admin: postgres.Sql,
  owner: string,
  { text, documents }: Question,
  narrowed: boolean,
): Promise<number> {
  const [{ count }] = await admin<{ count: number }[]>`
    with asked as materialized (
      select string_agg('(' || parts.all_of || ')', ' | ')::tsquery as any_word
      from unnest(string_to_array(pipeline_words.normal(${text}), ' ')) word
      cross join lateral (
        select string_agg(quote_literal(lexeme), ' & ') as all_of
        from unnest(tsvector_to_array(pipeline_words.stems('english', word))) lexeme
      ) parts
      where parts.all_of is not null
    )
    select count(*)::int as count from (
      select from upload_pipeline.document_chunks, asked
      where user_id = ${owner} and search_text @@ asked.any_word
        and (not ${narrowed} or document_id = any (${documents.map(({ no }) => documentId(no))}::uuid[]))
      limit ${ANSWERS}) first_ones`;
  return count;
}

/** The number of new connections. */
const CONNECTIONS = 5;

/** The first search on a new connection, without prepared plans or caches: the median in milliseconds. */
export async function measureFirst(
  databaseUrl: string,
  pools: Pools,
  tenant: Tenant,
): Promise<number> {
  const times: number[] = [];
  for (const question of makeQuestions(pools, tenant, CONNECTIONS, 4)) {
    const asker = new Asker(databaseUrl);
    try {
      times.push(
        (await asker.ask(userId(tenant.no), question, "hybrid", false)).ms,
      );
    } finally {
      await asker.end();
    }
  }
  return percentile(times, 0.5);
}

export interface Concurrency {
  clients: number;
  seconds: number;
  perSecond: number;
  p50: number;
  p95: number;
}

/** Concurrent hybrid searches of different tenants; each client sends its next when the previous one is answered. */
export async function measureConcurrency(
  databaseUrl: string,
  pools: Pools,
  tenants: Tenant[],
  ms: number,
): Promise<Concurrency> {
  const times: number[] = [];
  const work = tenants.map((tenant) => ({
    asker: new Asker(databaseUrl),
    owner: userId(tenant.no),
    questions: makeQuestions(pools, tenant, 60, 2),
  }));
  try {
    for (const { asker, owner, questions } of work) {
      await asker.ask(owner, questions[0], "hybrid", false);
    }
    const begunAt = now();
    await Promise.all(work.map(async ({ asker, owner, questions }) => {
      for (let i = 1; now() - begunAt < ms; i++) {
        const question = questions[i % questions.length];
        times.push((await asker.ask(owner, question, "hybrid", false)).ms);
      }
    }));
    const seconds = (now() - begunAt) / 1000;
    return {
      clients: tenants.length,
      seconds,
      perSecond: times.length / seconds,
      p50: percentile(times, 0.5),
      p95: percentile(times, 0.95),
    };
  } finally {
    for (const { asker } of work) await asker.end();
  }
}
