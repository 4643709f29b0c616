import process from "node:process";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownStack } from "./stacks.ts";

const databaseUrl = process.env.TEST_DATABASE_URL ?? ownStack!.databaseUrl;

const USERS = 4;
const QUESTIONS = 15;
const MODES = ["vector", "text", "hybrid"];

/** The word index is read without row-level security. */
describe("concurrent searches while documents are added and deleted", () => {
  const sql = postgres(databaseUrl, { max: 2 * USERS + 1, onnotice: () => {} });
  /** Each pair of users shares the tag by which the word index separates owners. */
  const users = Array.from({ length: USERS }, (_, n) => {
    const id = crypto.randomUUID();
    return n % 2 === 0 ? id : null;
  });
  const ids = users.map((id, n) => id ?? users[n - 1]!.slice(0, 8) + crypto.randomUUID().slice(8));

  beforeAll(async () => {
    await sql`
      insert into auth.users (id, email, aud, role)
      select id, id || '@example.test', 'authenticated', 'authenticated' from unnest(${ids}::uuid[]) id`;
  });
  afterAll(async () => {
    await sql`delete from auth.users where id = any (${ids}::uuid[])`;
    await sql.end();
  });

  async function addDocument(userId: string, n: number): Promise<void> {
    await sql.begin(async (tx) => {
      const [{ id }] = await tx`
        insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, language, chunk_count)
        values (gen_random_uuid(), ${userId}, ${`${userId}.pdf`}, 'application/pdf', 1,
                encode(extensions.digest(gen_random_uuid()::text, 'sha256'), 'hex'), gen_random_uuid()::text, 'en', 20)
        returning document_id as id`;
      await tx`
        insert into upload_pipeline.document_chunks (
          chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, text, chunk_sha, token_count, embed_model,
          embedding, embedded_at, search_text)
        select gen_random_uuid(), ${id}, ${userId}, 'isolation', '1', o, t.text,
               encode(extensions.digest(t.text, 'sha256'), 'hex'), 5, 'model', v.vector, now(),
               pipeline_internal.search_text('en', 'x', '', t.text)
        from generate_series(0, 19) o
        cross join lateral (select 'shared words of ' || ${userId}::text || ' part ' || ${n}::int || ' ' || o as text) t
        cross join lateral (
          select array_agg(case when d % 20 = o then 1 else 0.01 end)::extensions.halfvec(1536) as vector from generate_series(1, 1536) d) v`;
    });
  }

  async function comeAndGo(userId: string, isOver: () => boolean) {
    for (let n = 0; !isOver(); n++) {
      await addDocument(userId, n);
      if (n > 1) {
        await sql`
          delete from upload_pipeline.documents where document_id = (
            select document_id from upload_pipeline.documents where user_id = ${userId} order by created_at limit 1)`;
      }
    }
  }

  /** Searches repeatedly; resolves to the number of passages found. */
  async function search(userId: string): Promise<number> {
    let found = 0;
    for (let n = 0; n < QUESTIONS; n++) {
      const answer = await sql.begin(async (tx) => {
        const claims = JSON.stringify({ sub: userId, role: "authenticated" });
        await tx`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', ${claims}, true)`;
        const vector = JSON.stringify(
          Array.from(
            { length: 1536 },
            (_, d) => (d + 1) % 20 === n % 20 ? 1 : 0,
          ),
        );
        const [{ answer }] = await tx`
          select pipeline_search.search(${vector}::extensions.vector, 'shared words of', 50, mode => ${
          MODES[n % MODES.length]
        }, expand => 1) as answer`;
        return answer;
      });
      for (const hit of answer.results) {
        expect(hit.filename).toBe(`${userId}.pdf`);
        expect(hit.content).toContain(userId);
        for (const neighbour of hit.neighbours) {
          expect(neighbour.content).toContain(userId);
        }
        for (const same of hit.duplicates ?? []) {
          expect(same.filename).toBe(`${userId}.pdf`);
        }
      }
      found += answer.results.length;
    }
    return found;
  }

  it(
    "find each user's own passages only",
    { timeout: 120_000 },
    async () => {
      for (const id of ids) await addDocument(id, -1);
      let isOver = false;
      const writers = ids.map((id) => comeAndGo(id, () => isOver));
      const counts = await Promise.all(ids.map(search)).finally(() => {
        isOver = true;
      });
      await Promise.all(writers);
      for (const count of counts) expect(count).toBeGreaterThan(QUESTIONS);
    },
  );
});
