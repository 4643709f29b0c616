import type postgres from "postgres";
import { now } from "../clock.ts";
import type { Tenant } from "./corpus.ts";
import { userId } from "./ids.ts";

const CHUNKS = "upload_pipeline.document_chunks";

/** Bytes of a part of the table, per chunk. */
export interface Part {
  name: string;
  bytes: number;
}

/** A table's rows including TOAST, and each of its indexes, divided by the number of rows. */
export async function bytesOf(
  admin: postgres.ISql,
  table: string,
): Promise<Part[]> {
  return await admin<Part[]>`
    with counted as materialized (select count(*)::float8 as n from ${admin(table)})
    select part.name, part.bytes / counted.n as bytes
    from counted, (
      select 0 as place, 'rows' as name, pg_table_size(${table}::regclass)::float8 as bytes
      union all
      select 1, indexrelid::regclass::text, pg_relation_size(indexrelid)::float8 from pg_index
      where indrelid = ${table}::regclass
    ) part order by part.place, part.bytes desc`;
}

export interface LayoutComparison {
  rows: number;
  present: Part[];
  former: Part[];
}

/**
 * The same rows in the present and in the former layout: single-precision vectors under HNSW, plain words under GIN,
 * and the b-trees. They are inserted with the indexes in place.
 */
export async function compareLayouts(
  admin: postgres.Sql,
  tenants: Tenant[],
): Promise<LayoutComparison> {
  await admin`drop table if exists bench.present, bench.former`;
  await createPresent(admin);
  await createFormer(admin);
  const columns = await writableColumns(admin);
  for (const { no } of tenants) {
    await admin`
      insert into bench.present (${admin(columns)})
      select ${admin(columns)} from upload_pipeline.document_chunks where user_id = ${userId(no)}`;
  }
  await admin`
    insert into bench.former
    select chunk_id, document_id, user_id, chunker_name, chunker_version, true, chunk_ord, null, page_from, page_to, page_offsets,
           heading_path, text, context, chunk_sha, token_count, embed_model, embedding::extensions.vector(1536), embedded_at,
           search_text, created_at
    from bench.present`;
  // Flushes pending index entries.
  await admin`vacuum bench.present, bench.former`;
  const [{ rows }] = await admin<{ rows: number }[]>`
    select count(*)::int as rows from bench.present`;
  const result = {
    rows,
    present: await bytesOf(admin, "bench.present"),
    former: await bytesOf(admin, "bench.former"),
  };
  await admin`drop table bench.present, bench.former`;
  return result;
}

async function createPresent(admin: postgres.Sql): Promise<void> {
  await admin`
    create table bench.present (
      like upload_pipeline.document_chunks including defaults including generated including storage including constraints)`;
  const [{ settings }] = await admin<{ settings: string | null }[]>`
    select array_to_string(reloptions, ', ') as settings from pg_class where oid = ${CHUNKS}::regclass`;
  if (settings) {
    await admin.unsafe(`alter table bench.present set (${settings})`);
  }
  const indexes = await admin<{ name: string; definition: string }[]>`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = 'upload_pipeline' and tablename = 'document_chunks'`;
  for (const { name, definition } of indexes) {
    await admin.unsafe(
      definition.replace(
        `INDEX ${name} ON ${CHUNKS}`,
        "INDEX ON bench.present",
      ),
    );
  }
}

async function createFormer(admin: postgres.Sql): Promise<void> {
  await admin`
    create table bench.former (
      chunk_id uuid primary key, document_id uuid not null, user_id uuid not null, chunker_name text not null,
      chunker_version text not null, is_live boolean not null, chunk_ord int not null, next_ord int, page_from int, page_to int,
      page_offsets int[] not null, heading_path text[] not null, text text not null, context text not null,
      chunk_sha text not null, token_count int not null, embed_model text, embedding extensions.vector(1536),
      embedded_at timestamptz, search_text tsvector not null, created_at timestamptz not null)`;
  await admin`create index on bench.former (user_id, chunk_sha)`;
  await admin`create index on bench.former (document_id, chunk_ord)`;
  await admin`create unique index on bench.former (document_id, next_ord) where next_ord is not null`;
  await admin`create index on bench.former (document_id, next_ord) where embedding is null`;
  await admin`create index on bench.former using gin (search_text) where is_live`;
  await admin`create index on bench.former using hnsw (embedding extensions.vector_cosine_ops) where is_live`;
}

/** All columns except those that Postgres generates. */
export async function writableColumns(admin: postgres.ISql): Promise<string[]> {
  const rows = await admin<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = 'upload_pipeline.document_chunks'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum`;
  return rows.map(({ name }) => name);
}

export interface IndexBuild {
  index: string;
  ms: number;
  /** The index's size, after the build and before it. */
  bytes: number;
  bytesBefore: number;
}

/** Rebuilds each index of the chunks, one after the other. */
export async function rebuildIndexes(
  admin: postgres.Sql,
): Promise<IndexBuild[]> {
  await admin`set maintenance_work_mem = '1GB'`;
  const names = await admin<{ index: string; bytes: number }[]>`
    select indexrelid::regclass::text as index, pg_relation_size(indexrelid)::float8 as bytes from pg_index
    where indrelid = 'upload_pipeline.document_chunks'::regclass order by 1`;
  const builds: IndexBuild[] = [];
  for (const { index, bytes: bytesBefore } of names) {
    const begunAt = now();
    await admin.unsafe(`reindex index ${index}`);
    const ms = now() - begunAt;
    const [{ bytes }] = await admin<{ bytes: number }[]>`
      select pg_relation_size(${index}::regclass)::float8 as bytes`;
    builds.push({ index, ms, bytes, bytesBefore });
  }
  return builds;
}

export interface DroppedIndexes {
  definitions: string[];
}

/** Drops the indexes that would slow down a large fill; all but the primary key. */
export async function dropIndexes(
  admin: postgres.Sql,
): Promise<DroppedIndexes> {
  const rows = await admin<{ name: string; definition: string }[]>`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
    where i.indrelid = 'upload_pipeline.document_chunks'::regclass and not i.indisprimary order by 1`;
  for (const { name } of rows) await admin.unsafe(`drop index ${name}`);
  return { definitions: rows.map(({ definition }) => definition) };
}

/** @returns the duration of each */
export async function createIndexes(
  admin: postgres.Sql,
  { definitions }: DroppedIndexes,
): Promise<IndexBuild[]> {
  await admin`set maintenance_work_mem = '1GB'`;
  const builds: IndexBuild[] = [];
  for (const definition of definitions) {
    const name = /INDEX (\S+) ON/.exec(definition)![1];
    const begunAt = now();
    await admin.unsafe(definition);
    const ms = now() - begunAt;
    const [{ bytes }] = await admin<{ bytes: number }[]>`
      select pg_relation_size(${`upload_pipeline.${name}`}::regclass)::float8 as bytes`;
    builds.push({
      index: `upload_pipeline.${name}`,
      ms,
      bytes,
      bytesBefore: bytes,
    });
  }
  return builds;
}
