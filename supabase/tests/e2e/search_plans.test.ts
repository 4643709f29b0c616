import process from "node:process";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownStack } from "./stacks.ts";

const databaseUrl = process.env.TEST_DATABASE_URL ?? ownStack!.databaseUrl;

const LARGE = 3_000;
const SMALL = 5;
const CHUNKS = "upload_pipeline.document_chunks";

/** A search reads rows in proportion to its user's chunks and its options, independent of other users. */
describe("a search among many chunks", () => {
  const sql = postgres(databaseUrl, { max: 4, onnotice: () => {} });
  const large = crypto.randomUUID();
  const small = crypto.randomUUID();

  beforeAll(async () => {
    await sql`
      insert into auth.users (id, email, aud, role)
      select id, id || '@example.test', 'authenticated', 'authenticated' from unnest(${[
      large,
      small,
    ]}::uuid[]) id`;
    await fill(large, LARGE, 100);
    await fill(small, SMALL, 5);
    await sql`vacuum analyze ${sql(CHUNKS)}`;
  }, 120_000);
  afterAll(async () => {
    await sql`delete from auth.users where id = any (${[
      large,
      small,
    ]}::uuid[])`;
    await sql.end();
  });

  /** Every chunk has the word "common", one in ten "tenth", and each a unique word. */
  async function fill(userId: string, chunks: number, perDocument: number) {
    await sql`
      insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, language, chunk_count)
      select extensions.uuid_generate_v5(${userId}::uuid, n::text), ${userId}, n || '.pdf', 'application/pdf', 1,
             encode(extensions.digest(${userId} || n, 'sha256'), 'hex'), ${userId} || n, 'en', ${perDocument}
      from generate_series(0, ${chunks / perDocument - 1}::int) n`;
    await sql`
      insert into ${sql(CHUNKS)} (
        chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, text, chunk_sha, token_count, embed_model,
        embedding, embedded_at, search_text)
      select extensions.uuid_generate_v5(${userId}::uuid, 'chunk' || n), extensions.uuid_generate_v5(${userId}::uuid, (n / ${perDocument})::text),
             ${userId}, 'plans', '1', n % ${perDocument}, t.text, encode(extensions.digest(${userId} || t.text, 'sha256'), 'hex'), 5, 'model',
             v.vector, now(), pipeline_internal.search_text('en', 'x', '', t.text)
      from generate_series(0, ${chunks - 1}::int) n
      cross join lateral (
        select 'common ' || case when n % 10 = 0 then 'tenth ' else '' end || 'own' || translate(n::text, '0123456789', 'abcdefghij') as text) t
      cross join lateral (
        select array_agg(sin(n * 1.7 + d * d * 0.013 + n * d * 0.31))::extensions.halfvec(1536) as vector from generate_series(1, 1536) d) v`;
  }

  /** Rows and index entries that the user's search reads, and its results. */
  async function ask(userId: string, options: {
    text?: string;
    mode: string;
    documentIds?: string[];
  }) {
    return await sql.begin(async (tx) => {
      const [{ vector }] = await tx`
        select embedding::text as vector from ${tx(CHUNKS)} where user_id = ${userId} order by chunk_sha limit 1`;
      const claims = JSON.stringify({ sub: userId, role: "authenticated" });
      await tx`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', ${claims}, true)`;
      const read = async () => {
        const [row] = await tx<
          { all: number; sequential: number; entries: number }[]
        >`
          select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as all, coalesce(seq_tup_read, 0)::int as sequential,
                 (select sum(pg_stat_get_xact_tuples_returned(i.indexrelid))::int from pg_index i where i.indrelid = relid) as entries
          from pg_stat_xact_user_tables where relid = ${CHUNKS}::regclass`;
        return row ?? { all: 0, sequential: 0, entries: 0 };
      };
      const before = await read();
      const [{ answer }] = await tx`
        select pipeline_search.search(${vector}::extensions.vector, ${options.text ?? null}, 10, ${
        options.documentIds ?? null
      }::uuid[], ${options.mode}) as answer`;
      const after = await read();
      expect(after.sequential - before.sequential).toBe(0);
      return {
        rows: after.all - before.all,
        entries: after.entries - before.entries,
        results: answer.results,
      };
    });
  }

  it("of a user with five chunks reads only these in each step", async () => {
    for (const mode of ["vector", "text", "hybrid"]) {
      const { rows, results } = await ask(small, { text: "common", mode });
      expect.soft(results, mode).toHaveLength(SMALL);
      expect.soft(rows, mode).toBeLessThan(20 * SMALL);
    }
  });

  it("by meaning reads each of the user's vectors once", async () => {
    const { rows, entries, results } = await ask(large, { mode: "vector" });
    expect(results).toHaveLength(10);
    expect(results[0].similarity).toBeGreaterThan(0.999);
    expect(rows).toBeLessThan(LARGE + 500);
    expect(entries).toBeLessThan(LARGE + 500);
  });

  it("by meaning among very many chunks reads candidates from the index alone", async () => {
    await sql.begin(async (tx) => {
      const [{ chunk_id, vector }] = await tx`
        select chunk_id, embedding::text as vector from ${
        tx(CHUNKS)
      } where user_id = ${large} order by chunk_sha limit 1`;
      const claims = JSON.stringify({ sub: large, role: "authenticated" });
      await tx`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', ${claims}, true)`;
      const read = async () => {
        const [row] = await tx<{ rows: number }[]>`
          select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as rows
          from pg_stat_xact_user_tables where relid = ${CHUNKS}::regclass`;
        return row?.rows ?? 0;
      };
      const before = await read();
      const [{ ids }] = await tx<{ ids: string[] }[]>`
        select pipeline_search.approximate_nearest(${vector}::extensions.halfvec, null, 100, 1536) as ids`;
      expect(await read() - before).toBe(0);
      expect(ids).toHaveLength(100);
      expect(ids[0]).toBe(chunk_id);
    });
  });

  it("by a rare word reads its chunks", async () => {
    const { rows, entries, results } = await ask(large, {
      text: "ownbcd",
      mode: "text",
    });
    expect(results.length).toBeGreaterThanOrEqual(1);
    // This includes the sample for word frequencies.
    expect(rows).toBeLessThan(300);
    // A lookup by id does not scan all of the user's entries.
    expect(entries).toBeLessThan(300);
  });

  it("by a common word compares a bounded number of chunks", async () => {
    const { rows, results } = await ask(large, {
      text: "common",
      mode: "text",
    });
    expect(results).toHaveLength(10);
    expect(rows).toBeLessThan(2_200);
  });

  it("in one document reads that document's chunks", async () => {
    const [{ id }] = await sql`
      select extensions.uuid_generate_v5(${large}::uuid, '7') as id`;
    for (const mode of ["vector", "hybrid"]) {
      const { rows, results } = await ask(large, {
        text: "ownhaa",
        mode,
        documentIds: [id],
      });
      expect.soft(results, mode).toHaveLength(10);
      expect.soft(rows, mode).toBeLessThan(1_200);
    }
  });
});
