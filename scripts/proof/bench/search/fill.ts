import type postgres from "postgres";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { chanceOf, shuffled } from "./chance.ts";
import { chunkSeed, chunkWords, type Document, type Tenant, titleOf } from "./corpus.ts";

/** Rows per transaction. */
const BATCH = 2_000;
/** The average number of tokens of an English word. */
const TOKENS_A_WORD = 1.3;

/**
 * Writes the tenants' users, documents and complete jobs. The ids of documents, users and chunks are MD5 sums of their
 * keys, so that they share no prefixes.
 * @param tx a transaction of a superuser
 */
export async function fillDocuments(
  tx: postgres.ISql,
  tenants: Tenant[],
): Promise<void> {
  await tx`set local session_replication_role = replica`;
  await tx`
    insert into auth.users (id, email, aud, role)
    select md5('tenant' || n)::uuid, n || '@bench.invalid', 'authenticated', 'authenticated'
    from generate_series(0, ${tenants.length}::int - 1) n`;
  const documents = tenants.flatMap(({ documents }) => documents);
  for (let i = 0; i < documents.length; i += 5_000) {
    const rows = documents.slice(i, i + 5_000).map((document) => ({
      n: document.no,
      tenant: document.tenant,
      chunks: document.chunks,
      title: titleOf(document.topic, document.no),
    }));
    await tx`
      insert into upload_pipeline.documents (
        document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, original_path, page_count, language, title, chunk_count)
      select md5('document' || n)::uuid, md5('tenant' || tenant)::uuid, replace(title, ' ', '-') || '.pdf', 'application/pdf',
             chunks * 20000, encode(sha256(n::text::bytea), 'hex'), 'user/x/raw/' || n || '.pdf',
             'user/x/original/' || n || '.pdf', chunks / 2 + 1, 'en', title, chunks
      from jsonb_to_recordset(${tx.json(rows)}) as given (n int, tenant int, chunks int, title text)`;
  }
  await tx`
    insert into upload_pipeline.upload_jobs (document_id, user_id, status, state, finished_at)
    select document_id, user_id, 'complete', 'done', now() from upload_pipeline.documents`;
}

/**
 * Writes the chunks with documents in random order, as from many tenants, over all given connections in parallel.
 * @param writers superusers, each with one connection
 * @returns milliseconds
 */
export async function fillChunks(
  writers: postgres.Sql[],
  tenants: Tenant[],
  onRows: (count: number) => void,
): Promise<void> {
  const documents = shuffled(
    chanceOf(6),
    tenants.flatMap(({ documents }) => documents),
  );
  const rows = chunkRows(tenants, documents);
  let written = 0;
  await Promise.all(writers.map(async (sql) => {
    for (;;) {
      const lines = take(rows, BATCH);
      if (lines.length === 0) return;
      await writeBatch(sql, lines);
      onRows(written += lines.length);
    }
  }));
}

function take<T>(rows: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = rows.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/** One line of `copy` for each chunk. */
function* chunkRows(
  tenants: Tenant[],
  documents: Document[],
): Generator<string> {
  for (const document of documents) {
    const tenant = tenants[document.tenant];
    const title = titleOf(document.topic, document.no);
    for (let ord = 0; ord < document.chunks; ord++) {
      const seed = chunkSeed(tenant, document, ord);
      const { text } = chunkWords(seed);
      // One heading for about six chunks.
      const heading = titleOf(seed.topic, document.no * 1_000 + (ord / 6 | 0));
      yield [
        seed.no,
        document.no,
        document.tenant,
        ord,
        seed.topic,
        document.vector,
        ...seed.vectors,
        Math.round(text.split(" ").length * TOKENS_A_WORD),
        title,
        heading,
        text,
      ].join("\t") + "\n";
    }
  }
}

async function writeBatch(sql: postgres.Sql, lines: string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`
      create temporary table batch (
        n int, document int, tenant int, ord int, topic int, document_vector int, v1 int, v2 int, v3 int, tokens int,
        title text, heading text, text text
      ) on commit drop`;
    await pipeline(
      Readable.from(lines),
      await tx`copy batch from stdin`.writable(),
    );
    // The pools are small: looking them up is faster than sorting.
    await tx`set local enable_mergejoin = off`;
    await tx`
      insert into upload_pipeline.document_chunks (
        chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page_from, page_to, page_offsets, heading_path,
        text, context, chunk_sha, token_count, embed_model, embedding, embedded_at, search_text)
      select md5('chunk' || b.n)::uuid, md5('document' || b.document)::uuid, md5('tenant' || b.tenant)::uuid,
             'markdown-simple', '1', b.ord, b.ord / 2 + 1, b.ord / 2 + 1, '{0}', array[b.heading],
             b.text, given.context,
             encode(sha256(convert_to(pipeline_internal.embedded_text(given.context, b.text), 'UTF8')), 'hex'), b.tokens,
             'text-embedding-3-small',
             extensions.l2_normalize(common.v operator(extensions.+) topic.v operator(extensions.+) document.v
               operator(extensions.+) own1.v operator(extensions.+) own2.v operator(extensions.+) own3.v)::extensions.halfvec(1536),
             clock_timestamp(),
             pipeline_internal.search_text('en', replace(b.title, ' ', '-') || '.pdf', given.context, b.text)
      from batch b
      cross join lateral (select b.title || e'\n' || b.heading as context) given
      join bench.pool common on common.kind = 'common' and common.n = 0
      join bench.pool topic on topic.kind = 'topic' and topic.n = b.topic
      join bench.pool document on document.kind = 'document' and document.n = b.document_vector
      join bench.pool own1 on own1.kind = 'chunk' and own1.n = b.v1
      join bench.pool own2 on own2.kind = 'chunk' and own2.n = b.v2
      join bench.pool own3 on own3.kind = 'chunk' and own3.n = b.v3`;
  });
}
