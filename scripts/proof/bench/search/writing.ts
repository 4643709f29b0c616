import type postgres from "postgres";
import { toHalfVectorLiteral } from "../../../../supabase/functions/_stages/half_vector.ts";
import { now } from "../clock.ts";
import { median } from "../statistics.ts";
import { chanceOf } from "./chance.ts";
import { chunkSeed, chunkWords, type Document, type Tenant, titleOf } from "./corpus.ts";
import { documentId, userId } from "./ids.ts";
import { writableColumns } from "./storage.ts";
import { type Pools, questionVector } from "./vectors.ts";

/** Documents of each round: one long one and several short ones. */
const LENGTHS = [2_000, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100];
/** The worker's embedding batch, and about its number of chunks per invocation. */
const EMBED_BATCH = 128;
const CHUNK_PORTION = 500;
const MODEL = "text-embedding-3-small";

export interface WriteRates {
  chunks: number;
  /** Through the pipeline's functions, each round; chunks per second. */
  product: number[];
  /** Milliseconds per chunk in each step, medians. */
  steps: { cut: number; embed: number; switch: number };
  /** By `copy` of the same finished rows into the same table, each round. */
  copy: number[];
  /** Milliseconds. */
  deletes: { chunks: number; ms: number; vacuumMs: number }[];
}

/**
 * Writes documents of the largest tenant as the worker does, and the same rows by `copy`, in turn; removes them
 * afterwards.
 * @param sql as role `postgres`, as the worker
 * @param admin a superuser
 */
export async function measureWrites(
  sql: postgres.Sql,
  admin: postgres.Sql,
  pools: Pools,
  tenant: Tenant,
  rounds: number,
): Promise<WriteRates> {
  const product: number[] = [];
  const copy: number[] = [];
  const steps = {
    cut: [] as number[],
    embed: [] as number[],
    switch: [] as number[],
  };
  const deletes = new Map<number, { ms: number[]; vacuumMs: number[] }>();
  const columns = await writableColumns(admin);
  const chunks = LENGTHS.reduce((sum, length) => sum + length, 0);
  for (let round = 0; round < rounds; round++) {
    const documents = newDocuments(tenant, round);
    const inputs = documents.map((document) => inputOf(pools, tenant, document));
    await createDocuments(admin, documents);
    let ms = 0;
    for (const input of inputs) {
      const took = await writeDocument(sql, input);
      ms += took.cut + took.embed + took.switch;
      for (const step of ["cut", "embed", "switch"] as const) {
        steps[step].push(took[step] / input.chunks.length);
      }
    }
    product.push(chunks * 1000 / ms);

    const ids = documents.map(({ no }) => documentId(no));
    const file = await copyOut(admin, columns, ids);
    await admin`delete from upload_pipeline.document_chunks where document_id = any (${ids}::uuid[])`;
    await vacuum(admin);
    const begunAt = now();
    await admin.unsafe(
      `copy upload_pipeline.document_chunks (${columns.join(", ")}) from '${file}'`,
    );
    copy.push(chunks * 1000 / (now() - begunAt));

    await vacuum(admin);
    for (const document of documents) {
      const deletedAt = now();
      await sql`select pipeline_internal.delete_document(${userId(tenant.no)}, ${documentId(document.no)})`;
      const vacuumedAt = now();
      await vacuum(admin);
      const of = deletes.get(document.chunks) ?? { ms: [], vacuumMs: [] };
      of.ms.push(vacuumedAt - deletedAt);
      of.vacuumMs.push(now() - vacuumedAt);
      deletes.set(document.chunks, of);
    }
  }
  return {
    chunks,
    product,
    copy,
    steps: {
      cut: median(steps.cut),
      embed: median(steps.embed),
      switch: median(steps.switch),
    },
    deletes: [...deletes].map(([chunks, { ms, vacuumMs }]) => ({
      chunks,
      ms: median(ms),
      vacuumMs: median(vacuumMs),
    })),
  };
}

async function vacuum(admin: postgres.Sql): Promise<void> {
  await admin`vacuum upload_pipeline.document_chunks`;
  await admin`vacuum pipeline_internal.pending_chunks`;
  await admin`vacuum pipeline_internal.pending_vectors`;
}

/** Documents of the tenant's topics, with unused numbers. */
function newDocuments(tenant: Tenant, round: number): Document[] {
  let firstChunk = 1_000_000_000 + round * 1_000_000;
  return LENGTHS.map((chunks, i) => {
    const document: Document = {
      no: 1_000_000 + round * 100 + i,
      tenant: tenant.no,
      firstChunk,
      chunks,
      topic: tenant.topics[i % tenant.topics.length],
      vector: i,
    };
    firstChunk += chunks;
    return document;
  });
}

interface Input {
  id: string;
  chunks: {
    ord: number;
    page_from: number;
    page_to: number;
    page_offsets: number[];
    heading_path: string[];
    context: string;
    text: string;
    tokens: number;
  }[];
  vectors: string[];
}

function inputOf(pools: Pools, tenant: Tenant, document: Document): Input {
  const title = titleOf(document.topic, document.no);
  const vectors: string[] = [];
  const chunks = Array.from({ length: document.chunks }, (_, ord) => {
    const seed = chunkSeed(tenant, document, ord);
    const { text } = chunkWords(seed);
    const heading = titleOf(seed.topic, document.no * 1_000 + (ord / 6 | 0));
    vectors.push(
      toHalfVectorLiteral(questionVector(pools, chanceOf(8, seed.no), seed)),
    );
    return {
      ord,
      page_from: (ord / 2 | 0) + 1,
      page_to: (ord / 2 | 0) + 1,
      page_offsets: [0],
      heading_path: [heading],
      context: `${title}\n${heading}`,
      text,
      tokens: Math.round(text.split(" ").length * 1.3),
    };
  });
  return { id: documentId(document.no), chunks, vectors };
}

/** Parsed documents that wait in `chunk`. */
async function createDocuments(
  admin: postgres.Sql,
  documents: Document[],
): Promise<void> {
  await admin.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const document of documents) {
      const id = documentId(document.no);
      const owner = userId(document.tenant);
      await tx`
        insert into upload_pipeline.documents (
          document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, original_path, language)
        values (${id}, ${owner}, 'written.pdf', 'application/pdf', 1000, encode(sha256(${id}::bytea), 'hex'),
                ${`user/${owner}/raw/${id}.pdf`}, ${`user/${owner}/original/${id}.pdf`}, 'en')`;
      await tx`
        insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, stage, message_id)
        values (${id}, ${id}, ${owner}, 'parse_validated', 'fetch_result', ${-document
        .no})`;
    }
  });
}

async function writeDocument(
  sql: postgres.Sql,
  { id, chunks, vectors }: Input,
): Promise<{ cut: number; embed: number; switch: number }> {
  await sql`select pipeline_internal.enqueue(array[${id}::uuid], 'chunk')`;
  const cutting = await claim(sql, "chunk", id);
  const begunAt = now();
  for (let first = 0; first < chunks.length; first += CHUNK_PORTION) {
    const portion = chunks.slice(first, first + CHUNK_PORTION);
    const output = {
      chunker_name: "markdown-simple",
      chunker_version: "1",
      embed_model: MODEL,
      language: "en",
      first_ord: first,
      chunks: portion,
      title: "written",
    };
    if (first + CHUNK_PORTION < chunks.length) {
      await mustBeTrue(sql`
        select pipeline_internal.store_chunks(
          row('chunk', ${cutting.msg_id}, ${cutting.read_ct})::pipeline_internal.lease,
          jsonb_populate_record(null::pipeline_internal.chunk_output, ${
        sql.json(output)
      }), '{}', ${first}::int, ${chunks.length}::int) as done`);
    } else {
      await mustBeTrue(sql`
        select cardinality(settled) = 1 as done from pipeline_internal.settle_and_continue('chunk', array(
          select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${
        sql.json([{ ...cutting, outcome: "done", output }])
      }) s))`);
    }
  }
  const cutAt = now();

  const embedding = await claim(sql, "embed", id);
  const claimedAt = now();
  for (let first = 0; first < chunks.length; first += EMBED_BATCH) {
    const rows = await sql<{ chunk_id: string }[]>`
      select chunk_id from pipeline_internal.unembedded_chunks(${id}, ${EMBED_BATCH})`;
    await mustBeTrue(sql`
      select pipeline_internal.store_embeddings(
        row('embed', ${embedding.msg_id}, ${embedding.read_ct})::pipeline_internal.lease, ${MODEL},
        ${rows.map(({ chunk_id }) => chunk_id)}::uuid[], ${
      vectors.slice(first, first + EMBED_BATCH)
    }::text[]) as done`);
  }
  const embeddedAt = now();
  await mustBeTrue(sql`
    select cardinality(settled) = 1 as done from pipeline_internal.settle_and_continue('embed', array(
      select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${
    sql.json([{ ...embedding, outcome: "done" }])
  }) s))`);
  return {
    cut: cutAt - begunAt,
    embed: embeddedAt - claimedAt,
    switch: now() - embeddedAt,
  };
}

interface Claimed {
  msg_id: number;
  read_ct: number;
}

async function claim(
  sql: postgres.Sql,
  stage: string,
  jobId: string,
): Promise<Claimed> {
  const rows = await sql<Claimed[]>`
    select msg_id::float8 as msg_id, read_ct from pipeline_internal.claim(${stage}, 1) c where c.job_id = ${jobId}`;
  if (rows.length !== 1) throw new Error(`no message of ${jobId} in ${stage}`);
  return { msg_id: rows[0].msg_id, read_ct: rows[0].read_ct };
}

async function mustBeTrue(
  query: PromiseLike<Iterable<unknown>>,
): Promise<void> {
  const [row] = [...await query] as { done: boolean }[];
  if (!row.done) throw new Error("the lease was lost");
}

/** @returns a file on the server, next to its data */
async function copyOut(
  admin: postgres.Sql,
  columns: string[],
  ids: string[],
): Promise<string> {
  const [{ file }] = await admin<{ file: string }[]>`
    select current_setting('data_directory') || '/bench_rows' as file`;
  await admin.unsafe(
    `copy (select ${columns.join(", ")} from upload_pipeline.document_chunks
           where document_id in (${ids.map((id) => `'${id}'`).join(", ")})
           order by document_id, chunk_ord) to '${file}'`,
  );
  return file;
}
